import type { PendingBatch } from './send-queue.ts';

/** What waits for one partition. */
export interface Lane {
  readonly key: string;
  readonly topic: string;
  readonly partition: number;
  pending: PendingBatch[];
  pendingBytes: number;
  inFlight: number;
  /** Sent and not answered: goes again, as it was, before anything else of the partition. */
  again: readonly PendingBatch[] | undefined;
  againAt: number;
  tries: number;
  /** A send with others failed for good: alone it shows whose fault it was. */
  alone: boolean;
}

/** When something of it is to be sent at the latest, monotonic ms. */
export function dueTime(lane: Lane): number {
  if (lane.again) return lane.againAt;
  let due = Number.POSITIVE_INFINITY;
  for (const batch of lane.pending) due = Math.min(due, batch.dueAt);
  return due;
}

/** Bytes it would send now. */
export function loadOf({ again, pendingBytes }: Lane, maxBatchBytes: number): number {
  if (again) return again.reduce((sum, { bytes }) => sum + bytes, 0);
  return Math.min(maxBatchBytes, pendingBytes);
}
