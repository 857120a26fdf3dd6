import type { CountingSink } from '../fixtures/counting-sink.ts';
import type { FoldedDelivery } from '../fixtures/delivery-fold.ts';

export interface Books {
  /** Addresses whose mail the clients saw acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  /** By address, as the log tells them. */
  readonly deliveries: ReadonlyMap<string, FoldedDelivery>;
  readonly sink: CountingSink;
}

/** Holds clients, log and receiver against each other; answers how many copies too many the receiver has. */
export function reckon({ acknowledged, deliveries, sink }: Books): number {
  for (const address of acknowledged) {
    const delivery = deliveries.get(address);
    if (!delivery) throw new Error(`${address} was acknowledged and is not in the log`);
    if (sink.taken.has(address)) continue;
    throw new Error(`${address} was acknowledged and never arrived: ${JSON.stringify(delivery, undefined, 1)}`);
  }
  let duplicates = 0;
  for (const [address, { deliveryId, terminal, state, mayDuplicate }] of deliveries) {
    if (!terminal) throw new Error(`${deliveryId} never ended: ${JSON.stringify(state)}`);
    const copies = sink.copies.get(address) ?? 0;
    const extra = Math.max(0, copies - 1);
    if (terminal.type === 'delivered' && copies === 0) throw new Error(`${deliveryId} is delivered and nobody has it`);
    if (extra > mayDuplicate) throw new Error(`${deliveryId} arrived ${copies} times, marked ${mayDuplicate} times`);
    duplicates += extra;
  }
  return duplicates;
}
