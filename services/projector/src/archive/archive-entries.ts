import { type Fact, parseDeliveryId } from '@penstock/events';
import type { ArchiveEntry } from '@penstock/ports';

/**
 * A fact as the archive keeps it: with the place it had in its partition, which together with the partition's claims
 * says whether it was void. Batches are taken apart, so `deliveries` holds one.
 */
export type ArchivedFact = Fact & { readonly offset: number };

export function messageStream(messageId: string): string {
  return `message-${messageId}`;
}

/** The claims of a partition, by which its facts are judged. */
export function claimsStream(partition: number): string {
  return `claims-${partition}`;
}

/** What one record adds to the archive. The stream of a delivery is called by its id. */
export function archiveEntries(record: Fact, offset: number): readonly ArchiveEntry[] {
  switch (record.type) {
    case 'partition_claimed':
      return [entry(claimsStream(record.partition), { ...record, offset }, `${offset}`)];
    case 'released':
      return record.body.deliveries.map((delivery) => {
        const body = { ...record.body, deliveries: [delivery] };
        const fact = { ...record, ...ids(delivery.deliveryId), release: delivery.release, body, offset };
        return entry(delivery.deliveryId, fact, eventId(record));
      });
    default: {
      if (record.deliveryId === undefined) return [];
      const own = entry(record.deliveryId, { ...record, offset }, eventId(record));
      return record.type === 'processed' ? [own, listed(record, record.deliveryId)] : [own];
    }
  }
}

/**
 * The scheduler's notices keep their id when a successor writes them again. A void one and a valid one are two
 * events of the stream, so the epoch is part of the event's id.
 */
function eventId(record: Fact): string {
  return record.epoch === undefined ? record.id : `${record.id}@${record.epoch}`;
}

function entry(stream: string, data: ArchivedFact, id: string): ArchiveEntry {
  return { stream, eventId: id, type: data.type, at: data.at, data };
}

function ids(deliveryId: string): { deliveryId: string; messageId?: string } {
  const parts = parseDeliveryId(deliveryId);
  return parts ? { deliveryId, messageId: parts.messageId } : { deliveryId };
}

function listed(record: Extract<Fact, { type: 'processed' }>, deliveryId: string): ArchiveEntry {
  return {
    stream: messageStream(record.messageId ?? ''),
    eventId: deliveryId,
    type: 'delivery_listed',
    at: record.at,
    data: { type: 'delivery_listed', deliveryId, tenant: record.tenant ?? '', domain: record.body.domain },
  };
}
