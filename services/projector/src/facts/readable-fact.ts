import type { Fact } from '@penstock/events';

/**
 * What is wrong with a fact's shape, or undefined. The codec knows type and version only; a fold must not meet a
 * missing field halfway through a batch. Looks at no more than what the folds here use.
 */
export function unreadable(record: Fact): string | undefined {
  if (typeof record.body !== 'object' || record.body === null) return 'the body is missing';
  if (typeof record.id !== 'string' || record.id === '') return 'the id is missing';
  if (!Number.isFinite(record.at)) return '`at` is no time';
  switch (record.type) {
    case 'partition_claimed':
      return typeof record.body.claimId === 'string' ? undefined : 'the claim has no id';
    case 'released':
      return unreadableRelease(record.body.deliveries, record.body.source);
    case 'processed': {
      const { domain, pool, acceptedAt } = record.body;
      if (record.deliveryId === undefined || record.messageId === undefined) return 'the ids are missing';
      if (typeof domain !== 'string' || typeof pool !== 'string') return 'domain or pool is missing';
      return Number.isFinite(acceptedAt) ? undefined : '`acceptedAt` is no time';
    }
    default:
      return record.deliveryId === undefined ? 'the delivery id is missing' : unreadableOutcome(record);
  }
}

function unreadableOutcome(record: Fact): string | undefined {
  if (record.type === 'deferred' && record.body.cause === 'held') {
    return Array.isArray(record.body.reasons) ? undefined : 'the reasons are missing';
  }
  if (record.type !== 'deferred' && record.type !== 'delivered' && record.type !== 'bounced') return undefined;
  return 'source' in record.body && typeof record.body.source === 'string' ? undefined : 'the source is missing';
}

function unreadableRelease(deliveries: unknown, source: unknown): string | undefined {
  if (!Array.isArray(deliveries)) return 'the list of deliveries is missing';
  if (typeof source !== 'string') return 'the source is missing';
  const bad = deliveries.findIndex(
    (entry) => typeof entry?.deliveryId !== 'string' || !Number.isInteger(entry.release),
  );
  return bad < 0 ? undefined : `delivery ${bad} of the batch has no id or release`;
}
