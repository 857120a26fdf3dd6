import { type Fact, parseDeliveryId } from '@penstock/events';
import type { ArchiveEntry, DeliveryListed } from '@penstock/ports';

/**
 * A fact as the archive keeps it: with the place it had in its partition, which together with the partition's claims
 * says whether it was void. Batches are taken apart, so `deliveries` holds one.
 */
export type ArchivedFact = Fact & { readonly offset: number };

/**
 * The deliveries of a message that was expanded. A submission of a single recipient has none: its one delivery is
 * `messageId.0` in whichever partition, and a second stream for it would double what archiving a delivery costs.
 */
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
      if (record.type !== 'processed' || !record.body.expanded) return [own];
      return [own, { stream: messageStream(record.messageId ?? ''), eventId: record.deliveryId, ...listing(record) }];
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

/** A message's entry for this delivery. */
export function listing(record: Extract<Fact, { type: 'processed' }>): Pick<ArchiveEntry, 'type' | 'at'> & {
  readonly data: DeliveryListed;
} {
  const { deliveryId = '', tenant = '', at, body } = record;
  const data: DeliveryListed = { type: 'delivery_listed', deliveryId, tenant, domain: body.domain };
  return { type: data.type, at, data };
}
