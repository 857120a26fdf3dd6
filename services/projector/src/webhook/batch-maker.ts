import type { Webhook } from '@penstock/directory';
import { type Fact, foldClaim } from '@penstock/events';
import { type EventLog, OffsetOutOfRangeError, type StoredRecord } from '@penstock/ports';
import { unreadable } from '../facts/readable-fact.ts';
import { type DeliveryRecipients, deliveryRow } from './delivery-recipients.ts';
import { EventBatch } from './event-batch.ts';
import { endsDelivery, webhookEvent, webhookEventName } from './webhook-event.ts';
import type { Place } from './webhook-store.ts';

const READ_AT_ONCE = 500;

/** Where to read, and how far. */
export interface Stretch {
  readonly place: Place;
  readonly end: number;
}

/** Makes the next batch of an endpoint of what stands in the log. */
export class BatchMaker {
  constructor(
    private readonly log: Pick<EventLog, 'read' | 'bounds'>,
    private readonly recipients: DeliveryRecipients,
    /** Called where the log does not hold any more what should come next. */
    private readonly lost: (partition: number, from: number, to: number) => void,
  ) {}

  async make(webhook: Webhook, stretches: ReadonlyMap<number, Stretch>): Promise<EventBatch> {
    const batch = new EventBatch();
    for (const [partition, { place, end }] of stretches) {
      for (let at = place; at.next < end && !batch.full; ) {
        const records = await this.read(partition, at.next);
        if (records.length === 0) break;
        at = await this.takeAll(webhook, batch, partition, records, at);
      }
    }
    return batch;
  }

  private async read(partition: number, from: number): Promise<readonly StoredRecord<'mail.events'>[]> {
    try {
      return await this.log.read('mail.events', partition, from, READ_AT_ONCE);
    } catch (error) {
      if (!(error instanceof OffsetOutOfRangeError)) throw error;
      const { begin } = await this.log.bounds('mail.events', partition);
      if (begin <= from) throw error;
      this.lost(partition, from, begin);
      return this.log.read('mail.events', partition, begin, READ_AT_ONCE);
    }
  }

  /** Takes records until the batch is full; answers where it stands then. */
  private async takeAll(
    webhook: Webhook,
    batch: EventBatch,
    partition: number,
    records: readonly StoredRecord<'mail.events'>[],
    from: Place,
  ): Promise<Place> {
    let place = from;
    for (const { offset, record } of records) {
      if (batch.full) return place;
      const claim = foldClaim(place.claim, record, offset);
      const isOurs = record.tenant === webhook.tenant && unreadable(record) === undefined;
      if (isOurs && !isVoid(record, claim.epoch) && !(await this.take(webhook, batch, partition, offset, record)))
        return place;
      place = { next: offset + 1, claim };
      batch.passed(partition, place);
    }
    return place;
  }

  /** False where the batch has no room left for it. */
  private async take(
    webhook: Webhook,
    batch: EventBatch,
    partition: number,
    offset: number,
    record: Fact,
  ): Promise<boolean> {
    const { deliveryId, id, at } = record;
    const name = webhookEventName(record);
    if (name === undefined || deliveryId === undefined || batch.holds(id)) return true;
    if (record.type === 'processed') batch.added.set(deliveryId, deliveryRow(record));
    if (webhook.events.includes(name)) {
      const recipient = await this.recipients.of(deliveryId, batch.added);
      const text = JSON.stringify(webhookEvent(record, name, recipient));
      if (!batch.fits(text)) return false;
      batch.add(id, { text, partition, offset, at });
    }
    if (endsDelivery(record)) {
      batch.added.delete(deliveryId);
      batch.ended.add(deliveryId);
    }
    return true;
  }
}

/** Written under another claim than that which counts where it stands; before the first claim nobody can tell. */
function isVoid(record: Fact, epoch: number | undefined): boolean {
  return record.epoch !== undefined && epoch !== undefined && record.epoch !== epoch;
}
