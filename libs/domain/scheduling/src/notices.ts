/** Held deliveries tell why they wait: at lowest priority, bounded, and never twice for one reason within the interval. */
import { type Deferred, deferralText } from '@penstock/events';
import type { Delivery } from './delivery.ts';
import type { Draft } from './draft.ts';
import { noticeId } from './fact-ids.ts';
import type { HeapNode } from './heap.ts';
import { withdrawNode } from './heap.ts';
import type { Hold, Lane } from './lane.ts';

/** Notices one partition writes in a second at most. */
export const NOTICES_PER_SECOND = 200;

export function proposeNotices(draft: Draft): void {
  const { agenda } = draft.state;
  for (const lane of agenda.takeEntered()) expectNotice(draft, lane);
  if (draft.nowMs >= agenda.nextNoticeAt) lookAtHeld(draft);
  if (Number.isFinite(agenda.nextNoticeAt)) draft.askAt(agenda.nextNoticeAt);
}

/** Mail of the lane is held: its first notice may be due before any other's. */
export function expectNotice(draft: Draft, lane: Lane): void {
  const { agenda } = draft.state;
  const at = Math.max(nextNotice(draft, lane), agenda.noticedAt + 1000);
  agenda.nextNoticeAt = Math.min(agenda.nextNoticeAt, at);
}

/** Looks at every held lane; after notices were written, again a second later and not before. */
function lookAtHeld(draft: Draft): void {
  const { agenda } = draft.state;
  let left = NOTICES_PER_SECOND;
  let next = Number.POSITIVE_INFINITY;
  for (const lane of agenda.held) {
    left = proposeForLane(draft, lane, left);
    if (left === 0) break;
    next = Math.min(next, nextNotice(draft, lane));
  }
  if (left < NOTICES_PER_SECOND) agenda.noticedAt = draft.nowMs;
  agenda.nextNoticeAt = left < NOTICES_PER_SECOND ? draft.nowMs + 1000 : next;
}

function proposeForLane(draft: Draft, lane: Lane, most: number): number {
  const { hold } = lane;
  let left = most;
  while (hold && left > 0) {
    const node = dueNotice(draft, lane, hold);
    if (!node) break;
    propose(draft, node.item, hold);
    left -= 1;
  }
  return left;
}

function dueNotice(draft: Draft, lane: Lane, hold: Hold): HeapNode<Delivery> | undefined {
  return candidates(draft, lane, hold).find(({ at }) => at <= draft.nowMs)?.node;
}

function nextNotice(draft: Draft, lane: Lane): number {
  if (!lane.hold) return Number.POSITIVE_INFINITY;
  return Math.min(Number.POSITIVE_INFINITY, ...candidates(draft, lane, lane.hold).map(({ at }) => at));
}

interface Candidate {
  readonly node: HeapNode<Delivery>;
  readonly at: number;
}

/**
 * The next delivery of each kind: not noticed yet, noticed for the same reasons, noticed for others. A reason that
 * comes and goes is told at most once per `deferral_notice_after`.
 */
function candidates({ policy }: Draft, lane: Lane, hold: Hold): Candidate[] {
  const { deferralNoticeAfterMs: after, deferralNoticeEveryMs: every } = policy.retry;
  const found: Candidate[] = [];
  const first = lane.unnoticed.peek();
  if (first) found.push({ node: first, at: first.key + after });
  for (const [reasons, heap] of lane.noticed) {
    const node = heap.peek();
    if (node) found.push({ node, at: node.key + (reasons === hold.key ? every : after) });
  }
  return found;
}

function propose(draft: Draft, delivery: Delivery, hold: Hold): void {
  const { reasons, until, sure } = hold;
  const fact: Deferred = {
    ...draft.about(delivery),
    type: 'deferred',
    id: noticeId(delivery),
    body: {
      cause: 'held',
      reasons,
      text: deferralText(reasons),
      heldSince: delivery.heldSince,
      ...(until === undefined || !sure ? {} : { until }),
    },
  };
  withdrawNode(delivery.noticeNode);
  draft.state.agenda.propose(delivery);
  draft.note(fact);
}
