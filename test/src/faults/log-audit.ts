import { openEmbedded } from '@penstock/adapter-embedded';
import { readRecipient, recipientBlob } from '@penstock/mail';
import type { ContentStore, EventLog, Telemetry } from '@penstock/ports';
import { DeliveryFold, type FoldedDelivery } from '../fixtures/delivery-fold.ts';

const READ_AT_ONCE = 1_000;
/** Only writing can fail for good. */
const NOTHING_IS_WRITTEN = () => {};
const SILENT: Telemetry = { log: () => {} };

/** The deliveries of a data folder nobody has open, by address, read straight from its log. */
export async function auditLog(dataDir: string): Promise<ReadonlyMap<string, FoldedDelivery>> {
  const engine = await openEmbedded({ dataDir, telemetry: SILENT, onFatal: NOTHING_IS_WRITTEN });
  try {
    const audit = new LogAudit(engine.log);
    await audit.readOn();
    return await deliveriesByAddress(engine.content, audit.fold);
  } finally {
    await engine.close();
  }
}

/** Folds `mail.events` as far as it is written, and on from there whenever it is asked. */
export class LogAudit {
  readonly fold = new DeliveryFold();
  private readonly next = new Map<number, number>();

  constructor(private readonly log: EventLog) {}

  async readOn(): Promise<void> {
    for (let partition = 0; partition < this.log.partitionCount('mail.events'); partition++) {
      await this.readPartition(partition);
    }
  }

  private async readPartition(partition: number): Promise<void> {
    const { begin, end } = await this.log.bounds('mail.events', partition);
    let next = this.next.get(partition) ?? begin;
    while (next < end) {
      const records = await this.log.read('mail.events', partition, next, READ_AT_ONCE);
      for (const record of records) this.fold.fold(partition, record);
      next = (records.at(-1)?.offset ?? end - 1) + 1;
      this.next.set(partition, next);
    }
  }
}

/** @throws Error where an address has two deliveries, or content is missing */
export async function deliveriesByAddress(
  content: Pick<ContentStore, 'get'>,
  fold: DeliveryFold,
): Promise<ReadonlyMap<string, FoldedDelivery>> {
  const found = new Map<string, FoldedDelivery>();
  for (const delivery of fold.deliveries.values()) {
    const { recipient } = delivery.content;
    const { address } = readRecipient(await content.get(recipientBlob(recipient)), recipient);
    if (found.has(address)) throw new Error(`${address} has two deliveries: expanded twice`);
    await content.get(delivery.content.body);
    found.set(address, delivery);
  }
  return found;
}
