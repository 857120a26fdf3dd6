import type { CountingSink } from '../fixtures/counting-sink.ts';
import type { FoldedDelivery } from '../fixtures/delivery-fold.ts';
import { type Imbalance, imbalances } from './balance.ts';

export interface Books {
  /** Addresses whose mail the clients saw acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  /** By address, as the log tells them. */
  readonly deliveries: ReadonlyMap<string, FoldedDelivery>;
  readonly sink: CountingSink;
}

/**
 * Holds clients, log and receiver against each other, for a sink that takes everything; answers how many copies too
 * many the receiver has.
 */
export function reckon({ acknowledged, deliveries, sink }: Books): number {
  for (const address of acknowledged) {
    if (!deliveries.has(address)) throw new Error(`${address} was acknowledged and is not in the log`);
  }
  let duplicates = 0;
  for (const [address, delivery] of deliveries) {
    const { terminal, mayDuplicate, doubts } = delivery;
    const copies = sink.copies.get(address) ?? 0;
    const promised = acknowledged.has(address);
    const end = terminal && endOf(terminal.type);
    const [imbalance] = imbalances({ promised, copies, marked: mayDuplicate, doubted: doubts > 0, end });
    if (imbalance) throw new Error(`${address} ${SAYS[imbalance](copies)}: ${JSON.stringify(delivery, undefined, 1)}`);
    duplicates += Math.max(0, copies - 1);
  }
  return duplicates;
}

const SAYS: Readonly<Record<Imbalance, (copies: number) => string>> = {
  never_ended: () => 'never ended',
  vanished: () => 'was acknowledged, never arrived, and never ended',
  delivered_to_nobody: () => 'is delivered and nobody has it',
  given_up: () => 'was given up, and nobody has it',
  end_denies_reception: (copies) => `arrived ${copies} times, and its end denies it`,
  copies_unmarked: (copies) => `arrived ${copies} times, and fewer releases said that it might repeat`,
};

function endOf(type: string) {
  return type === 'delivered' || type === 'bounced' || type === 'dropped' ? type : undefined;
}
