/**
 * The fold as rows: what a checkpoint writes and what it is made from again. Only deliveries that are still pending
 * and changed since the last checkpoint are written; mail that settles in between never reaches the disk.
 */
import type { ClaimState } from '@penstock/events';
import { type AcceptedDelivery, Delivery, type DeliveryProgress } from './delivery.ts';
import { createPartitionState, type PartitionState } from './partition-state.ts';
import { DIRECT_TOMBSTONE_MS, EXPANDED_TOMBSTONE_MS, type FreshTombstones } from './tombstones.ts';

/** A pending delivery. */
export interface DeliveryRow {
  readonly accepted: AcceptedDelivery;
  /** Of a delivery that nothing has happened to yet only when it is due: the rest is as `accept` makes it. */
  readonly progress: DeliveryProgress | Pick<DeliveryProgress, 'dueAt'>;
}

/** What is not about one delivery. */
export interface PartitionRow {
  readonly position: number;
  readonly claim: ClaimState;
  readonly logAt: number;
  /** Attempts closed lately: path → (second, count). */
  readonly closed: readonly (readonly [path: string, seconds: readonly (readonly [number, number])[]])[];
}

export interface Checkpoint {
  readonly partition: PartitionRow;
  readonly puts: readonly DeliveryRow[];
  /** Ids of deliveries whose rows go; some may never have had one. */
  readonly deletes: readonly string[];
  readonly tombstones: TombstoneChunk;
  /** For `checkpointFailed`. */
  readonly changed: readonly Delivery[];
}

/** Ends since the last checkpoint; may go when `expiresAt` (log time) has passed. */
export interface TombstoneChunk {
  readonly at: number;
  readonly direct: FreshTombstones['direct'];
  readonly expanded: FreshTombstones['expanded'];
  readonly directExpiresAt: number;
  readonly expandedExpiresAt: number;
}

/** What to write so that the store stands at the state's position. Then everything counts as written. */
export function takeCheckpoint(state: PartitionState): Checkpoint {
  const changed = state.dirty;
  state.dirty = [];
  const puts: DeliveryRow[] = [];
  const deletes: string[] = [];
  for (const delivery of changed) {
    delivery.dirty = false;
    if (!delivery.gone) puts.push(rowOf(delivery));
    else if (delivery.stored) deletes.push(delivery.id);
    delivery.stored = true;
  }
  state.agenda.sweep(state.logAt);
  return { partition: partitionRow(state), puts, deletes, tombstones: chunkOf(state), changed };
}

/** It could not be written: the next one holds its changes too. */
export function checkpointFailed(state: PartitionState, checkpoint: Checkpoint): void {
  for (const delivery of checkpoint.changed) state.changed(delivery);
  state.tombstones.giveBack(checkpoint.tombstones);
}

/** The state as the rows tell it; `rows` may be lazily read. */
export function restorePartition(
  partition: number,
  partitionCount: number,
  row: PartitionRow,
  chunks: Iterable<Pick<TombstoneChunk, 'at' | 'direct' | 'expanded'>>,
): PartitionState {
  const state = createPartitionState(partition, partitionCount);
  state.position = row.position;
  state.claim = row.claim;
  state.logAt = row.logAt;
  for (const [path, seconds] of row.closed) {
    const { closed } = state.agenda.load(path);
    for (const [second, count] of seconds) closed.add(second * 1000, count);
  }
  for (const chunk of chunks) state.tombstones.restore(chunk, chunk.at);
  return state;
}

/** Puts one row's delivery into a state that is being restored. */
export function restoreDelivery(state: PartitionState, { accepted, progress }: DeliveryRow): void {
  const delivery = state.accept(accepted, progress.dueAt);
  Object.assign(delivery, progress);
  delivery.stored = true;
  if (delivery.open) {
    state.leave(delivery, delivery.open.path, delivery.open.startBy);
    return;
  }
  state.enter(delivery);
  if (delivery.unknownCause !== undefined) state.unsure.push(delivery);
}

function partitionRow(state: PartitionState): PartitionRow {
  const closed = Array.from(state.agenda.loads.values(), (load) => [load.path, load.closed.entries()] as const);
  return {
    position: state.position,
    claim: state.claim,
    logAt: state.logAt,
    closed: closed.filter(([, seconds]) => seconds.length > 0),
  };
}

function chunkOf(state: PartitionState): TombstoneChunk {
  const at = state.logAt;
  return {
    at,
    ...state.tombstones.takeFresh(),
    directExpiresAt: at + DIRECT_TOMBSTONE_MS,
    expandedExpiresAt: at + EXPANDED_TOMBSTONE_MS,
  };
}

function rowOf(delivery: Delivery): DeliveryRow {
  const { accepted, dueAt } = delivery;
  return { accepted, progress: isUntouched(delivery) ? { dueAt } : progressOf(delivery) };
}

/**
 * Whether nothing was folded but its `processed`: it is as `accept` made it. Mail for later stays like that by the
 * hundred thousand, and its rows are then little more than half as long.
 */
function isUntouched({ life }: Delivery): boolean {
  return life.release === 0 && life.notedBy === undefined;
}

function progressOf(delivery: Delivery): DeliveryProgress {
  const { life, dueAt, heldSince, countedUntil, remoteUntil, heldMs, remoteMs, unknowns, unknownCause } = delivery;
  const { mayDuplicate, nxdomainSince, lastSource, lastSite, lastProvider, lastVerdict, lastReply } = delivery;
  const { lastScope, moved, triedWarming, open, notice, notices } = delivery;
  return {
    life,
    dueAt,
    heldSince,
    countedUntil,
    remoteUntil,
    heldMs,
    remoteMs,
    unknowns,
    unknownCause,
    mayDuplicate,
    nxdomainSince,
    lastSource,
    lastSite,
    lastProvider,
    lastVerdict,
    lastReply,
    lastScope,
    moved,
    triedWarming,
    open,
    notice,
    notices,
  };
}
