import type { HoldReason } from '@penstock/events';
import type { LaneRow } from './lane-row.ts';

/** One lane seen over two partitions: counts add up, of what was said last the later counts. */
export function mergeLaneRows(a: LaneRow, b: LaneRow): LaneRow {
  const oldestAcceptedAt = earlier(a.oldestAcceptedAt, b.oldestAcceptedAt);
  const nextDueAt = earlier(a.nextDueAt, b.nextDueAt);
  const site = a.site ?? b.site;
  const provider = a.provider ?? b.provider;
  const lastHold = later(a.lastHold, b.lastHold);
  const lastRemote = later(a.lastRemote, b.lastRemote);
  return {
    waiting: a.waiting + b.waiting,
    open: a.open + b.open,
    held: a.held + b.held,
    heldBy: addHeld(a.heldBy, b.heldBy),
    ...(oldestAcceptedAt !== undefined && { oldestAcceptedAt }),
    ...(nextDueAt !== undefined && { nextDueAt }),
    ...(site !== undefined && { site }),
    ...(provider !== undefined && { provider }),
    ...(lastHold && { lastHold }),
    ...(lastRemote && { lastRemote }),
  };
}

function addHeld(a: LaneRow['heldBy'], b: LaneRow['heldBy']): LaneRow['heldBy'] {
  const sum: { [R in HoldReason]?: number } = { ...a };
  for (const [reason, count] of Object.entries(b) as [HoldReason, number][]) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

function later<T extends { readonly at: number }>(a: T | undefined, b: T | undefined): T | undefined {
  if (!a || !b) return a ?? b;
  return a.at >= b.at ? a : b;
}
