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

/**
 * What one record adds to the archive. The stream of a delivery is called by its id.
 *
 * @param text the record as JSON, where it is at hand
 */
export function archiveEntries(record: Fact, offset: number, text = JSON.stringify(record)): readonly ArchiveEntry[] {
  switch (record.type) {
    case 'partition_claimed':
      return [entry(claimsStream(record.partition), record, `${offset}`, placed(text, offset))];
    case 'released':
      return releases(record, offset);
    default: {
      if (record.deliveryId === undefined) return [];
      const own = entry(record.deliveryId, record, eventId(record), placed(text, offset));
      return record.type === 'processed' && record.body.expanded ? [own, listed(record)] : [own];
    }
  }
}

/** A batch taken apart: what its deliveries share is put into words once. */
function releases(record: Extract<Fact, { type: 'released' }>, offset: number): readonly ArchiveEntry[] {
  const { body, ...envelope } = record;
  const { deliveries, ...shared } = body;
  const head = placed(JSON.stringify(envelope), offset).slice(0, -1);
  const common = JSON.stringify(shared).slice(0, -1);
  const id = eventId(record);
  return deliveries.map((delivery) => {
    const { deliveryId, release } = delivery;
    const json = `${head},${ids(deliveryId)},"release":${release},"body":${common},"deliveries":[${JSON.stringify(delivery)}]}}`;
    return entry(deliveryId, record, id, json);
  });
}

/** With the place it had in its partition, which no record tells of itself. */
function placed(text: string, offset: number): string {
  return `${text.slice(0, -1)},"offset":${offset}}`;
}

/**
 * The scheduler's notices keep their id when a successor writes them again. A void one and a valid one are two
 * events of the stream, so the epoch is part of the event's id.
 */
function eventId(record: Fact): string {
  return record.epoch === undefined ? record.id : `${record.id}@${record.epoch}`;
}

function entry(stream: string, { type, at }: Fact, id: string, json: string): ArchiveEntry {
  return { stream, eventId: id, type, at, json };
}

/** As members of an object; the id of a delivery holds nothing that JSON would escape. */
function ids(deliveryId: string): string {
  const parts = parseDeliveryId(deliveryId);
  if (!parts) return `"deliveryId":${JSON.stringify(deliveryId)}`;
  return `"deliveryId":"${deliveryId}","messageId":"${parts.messageId}"`;
}

/** What the stream of a message keeps of this delivery. */
export function listing(record: Extract<Fact, { type: 'processed' }>): DeliveryListed {
  const { deliveryId = '', tenant = '', body } = record;
  return { type: 'delivery_listed', deliveryId, tenant, domain: body.domain };
}

function listed(record: Extract<Fact, { type: 'processed' }>): ArchiveEntry {
  const data = listing(record);
  const { messageId = '', at } = record;
  return {
    stream: messageStream(messageId),
    eventId: data.deliveryId,
    type: data.type,
    at,
    json: JSON.stringify(data),
  };
}
