/**
 * What the scheduler proposes, given the fold, what deliveries share, the time and what was granted. A proposal
 * changes nothing: state changes only by folding what the log holds. `decide` does keep indexes up (whose turn it
 * is), and takes what it proposes out of them; the next call puts back whatever the fold does not show. So a caller
 * decides again only when what it appended is folded, or known not to stand in the log.
 */
import type { Fact } from '@penstock/events';
import type { ControlState } from './control-state.ts';
import { proposeDeadlines } from './deadlines.ts';
import type { Delivery } from './delivery.ts';
import { Draft } from './draft.ts';
import type { Grants, Want } from './grants.ts';
import { withdrawNode } from './heap.ts';
import { proposeNotices } from './notices.ts';
import type { PartitionState } from './partition-state.ts';
import { proposeReleases } from './releases.ts';
import { readAnswers } from './wants.ts';

export interface Now {
  /** ms since the epoch, steady. */
  readonly nowMs: number;
  /** Everything that stood in the log at this time is folded: deadlines that wait for a record fire up to here. */
  readonly logTimeMs: number;
}

export interface Proposal {
  /** Facts to append to the partition, in this order. */
  readonly records: readonly Fact[];
  /** Ask again at this time at the latest, ms since the epoch; undefined if only a record can change anything. */
  readonly wakeAt: number | undefined;
  /** A deadline has passed that waits for log time to reach it. */
  readonly awaitsLogTime: boolean;
  /** What was not released for want of tokens: to be asked for, all at once, while the records are appended. */
  readonly wants: readonly Want[];
  /** Tokens used, by budget; they are spent as soon as the records may stand in the log. */
  readonly used: ReadonlyMap<string, number>;
  /** Budgets in whose queues the partition has no use for its place. */
  readonly leaves: readonly string[];
}

const NOTHING: Proposal = {
  records: [],
  wakeAt: undefined,
  awaitsLogTime: false,
  wants: [],
  used: new Map(),
  leaves: [],
};

export function decide(state: PartitionState, control: ControlState, now: Now, grants: Grants): Proposal {
  const { policy } = control;
  const { epoch, claimIds } = state.claim;
  const claimId = claimIds.at(-1);
  for (const delivery of state.agenda.takeProposed()) reindex(state, delivery);
  if (!policy || epoch === undefined || claimId === undefined) return NOTHING;
  wakeLanes(state, control, now, grants);
  readAnswers(state.agenda, grants, now.nowMs);
  const draft = new Draft(state, control, policy, now, grants, epoch, claimId);
  proposeDeadlines(draft);
  proposeReleases(draft);
  proposeNotices(draft);
  const { awaitsLogTime, wants, usedTokens, leaves } = draft;
  return { records: draft.records(), wakeAt: draft.wakeAt(), awaitsLogTime, wants, used: usedTokens.counts, leaves };
}

/** Puts back what an earlier proposal took out, unless the fold shows that it came true. */
function reindex(state: PartitionState, delivery: Delivery): void {
  if (delivery.gone) return;
  if (!delivery.open) state.enter(delivery);
  else if (!delivery.clockNode.heap) state.deadlines.push(delivery.clockNode, delivery.open.startBy);
}

function wakeLanes({ agenda, lanes }: PartitionState, control: ControlState, now: Now, grants: Grants): void {
  const before = agenda.control;
  agenda.control = control;
  if (!before || sourcesChanged(before, control)) for (const lane of lanes.values()) agenda.wake(lane);
  else if (heldMayGo(before, control)) for (const lane of [...agenda.held]) agenda.wake(lane);
  for (let node = agenda.timed.peek(); node && node.key <= now.nowMs; node = agenda.timed.peek()) {
    withdrawNode(node);
    agenda.wake(node.item);
  }
  for (const lane of agenda.unresolved) {
    if (grants.sites.get(lane.key.domain) !== undefined) agenda.wake(lane);
  }
}

/** A rest that begins wakes nobody: a lane learns of it when it would use the path. */
function sourcesChanged(before: ControlState, now: ControlState): boolean {
  if (before.policy !== now.policy || before.owners !== now.owners || before.unreachable !== now.unreachable)
    return true;
  return before.warmups.bySource !== now.warmups.bySource;
}

function heldMayGo(before: ControlState, now: ControlState): boolean {
  return before.restores !== now.restores || before.reputations !== now.reputations;
}
