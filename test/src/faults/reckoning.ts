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
    if (!sink.taken.has(address)) throw new Error(`${address} was acknowledged and never arrived`);
    if (!deliveries.has(address)) throw new Error(`${address} was acknowledged and is not in the log`);
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
