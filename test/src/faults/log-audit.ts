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
    const fold = new DeliveryFold();
    for (let partition = 0; partition < engine.log.partitionCount('mail.events'); partition++) {
      await foldPartition(engine.log, partition, fold);
    }
    return await byAddress(engine.content, fold);
  } finally {
    await engine.close();
  }
}

async function foldPartition(log: EventLog, partition: number, fold: DeliveryFold): Promise<void> {
  const { begin, end } = await log.bounds('mail.events', partition);
  for (let next = begin; next < end; ) {
    const records = await log.read('mail.events', partition, next, READ_AT_ONCE);
    for (const record of records) fold.fold(partition, record);
    next = (records.at(-1)?.offset ?? end) + 1;
  }
}

async function byAddress(content: ContentStore, fold: DeliveryFold): Promise<ReadonlyMap<string, FoldedDelivery>> {
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
