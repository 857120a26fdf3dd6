import type { ClaimState } from '@penstock/events';
import { type KeyedEntry, type KeyedStore, prefixEnd } from '@penstock/ports';
import type { MinuteCounters } from '../counters/minute-counters.ts';
import { type LaneRow, laneKeyStart, laneOf } from '../lanes/lane-row.ts';
import { EndedDeliveries } from './ended-deliveries.ts';
import { PartitionFold } from './partition-fold.ts';
import {
  type PendingDelivery,
  type PendingRow,
  pendingPrefix,
  pendingRow,
  restorePending,
} from './pending-delivery.ts';
import { fromJson, toJson } from './row-json.ts';

const PAGE = 1_000;

/** All rows under a prefix, page by page. */
export async function* rowsUnder(store: KeyedStore, prefix: string): AsyncGenerator<readonly KeyedEntry[]> {
  const to = prefixEnd(prefix);
  for (let from = prefix; ; ) {
    const rows = await store.range({ from, to, limit: PAGE });
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    // The smallest key after the last one.
    from = `${last.key}\u0000`;
  }
}

/** What a checkpoint stores of a partition, for the fold to go on from after a restart. */
export interface CheckpointRows {
  readonly puts: readonly KeyedEntry[];
  readonly deletes: readonly string[];
}

/** Takes what changed since the last checkpoint; delivered within it, most deliveries never get a row. */
export function takeCheckpoint(partition: number, fold: PartitionFold): CheckpointRows {
  const ended = fold.ended.takeChange();
  const pending = [...fold.changed].map((delivery) => pendingEntry(partition, delivery));
  const gone = fold.gone.splice(0).map((deliveryId) => pendingPrefix(partition) + deliveryId);
  fold.changed.clear();
  const claim: KeyedEntry = { key: claimKey(partition), value: toJson(fold.claim) };
  return { puts: [...pending, ...ended.puts, claim], deletes: [...gone, ...ended.deletes] };
}

function pendingEntry(partition: number, delivery: PendingDelivery): KeyedEntry {
  delivery.stored = true;
  return { key: pendingPrefix(partition) + delivery.deliveryId, value: toJson(pendingRow(delivery)) };
}

/** The fold as the last checkpoint left it; lanes as they were shown last. */
export async function restorePartition(
  store: KeyedStore,
  partition: number,
  counters: MinuteCounters,
): Promise<PartitionFold> {
  const fold = new PartitionFold(partition, counters);
  const claim = await store.get(claimKey(partition));
  if (claim !== undefined) fold.claim = fromJson<ClaimState>(claim);
  for await (const rows of rowsUnder(store, EndedDeliveries.prefix(partition))) fold.ended.restore(rows);
  await restoreLanes(store, partition, fold);
  await restoreDeliveries(store, partition, fold);
  return fold;
}

async function restoreLanes(store: KeyedStore, partition: number, fold: PartitionFold): Promise<void> {
  for await (const rows of rowsUnder(store, laneKeyStart())) {
    for (const row of rows) {
      const name = laneOf(row);
      if (name.partition !== partition) continue;
      const lane = fold.laneNamed(name);
      lane.restore(fromJson<LaneRow>(row.value));
      // Whether anybody waits in it still, the deliveries and the facts since the checkpoint will tell.
      fold.changedLanes.set(lane.key, lane);
    }
  }
}

async function restoreDeliveries(store: KeyedStore, partition: number, fold: PartitionFold): Promise<void> {
  const prefix = pendingPrefix(partition);
  const found: { readonly deliveryId: string; readonly row: PendingRow }[] = [];
  for await (const rows of rowsUnder(store, prefix)) {
    for (const { key, value } of rows)
      found.push({ deliveryId: key.slice(prefix.length), row: fromJson<PendingRow>(value) });
  }
  // Lanes keep their deliveries in the order of acceptance.
  found.sort((a, b) => a.row.sequence - b.row.sequence);
  for (const { deliveryId, row } of found) {
    const lane = fold.laneNamed(row);
    const delivery = restorePending(deliveryId, row, lane);
    fold.pending.set(deliveryId, delivery);
    lane.enter(delivery);
  }
}

function claimKey(partition: number): string {
  return `claim|${partition}`;
}
