/** What time alone decides: outcomes that never came, ends of `max_age`, and what to do when nobody knows. */
import type { Delivery } from './delivery.ts';
import type { Draft } from './draft.ts';

export function proposeDeadlines(draft: Draft): void {
  proposeNoOutcomes(draft);
  judgeUnsure(draft);
  proposeExpiries(draft);
}

/** At `startBy` + the longest an attempt lasts, with all that stood in the log then folded, nothing will come. */
function proposeNoOutcomes(draft: Draft): void {
  const { state, policy } = draft;
  for (let node = state.deadlines.peek(); node; node = state.deadlines.peek()) {
    if (!fires(draft, node.key + policy.dispatch.attemptMaxMs)) return;
    draft.noOutcome(node.item);
  }
}

function proposeExpiries(draft: Draft): void {
  const { state } = draft;
  for (let node = state.expiry.peek(); node; node = state.expiry.peek()) {
    if (!fires(draft, draft.expiresAt(node.item))) return;
    draft.drop(node.item, 'expired');
  }
}

function fires(draft: Draft, at: number): boolean {
  const { nowMs, logTimeMs } = draft.now;
  if (at > nowMs) draft.askAt(at);
  else if (at > logTimeMs) draft.awaitsLogTime = true;
  else if (draft.deadlinesLeft > 0) return true;
  else draft.askAt(nowMs);
  return false;
}

/** Looks once at each delivery whose outcome nobody knows; those that end stay listed until the fold shows it. */
function judgeUnsure(draft: Draft): void {
  const { state } = draft;
  if (state.unsure.length === 0) return;
  const unsure = state.unsure.filter((delivery) => !delivery.gone && !delivery.open && delivery.unknownCause);
  state.unsure = unsure.filter((delivery) => endsUnknown(draft, delivery));
}

function endsUnknown(draft: Draft, delivery: Delivery): boolean {
  if (!judge(draft, delivery)) return false;
  if (draft.deadlinesLeft <= 0) draft.askAt(draft.nowMs);
  else conclude(draft, delivery);
  return true;
}

/** Whether the policy ends the delivery because of unknown outcomes. */
export function judge({ policy }: Draft, delivery: Delivery): boolean {
  if (delivery.unknownCause === undefined) return false;
  return assumed(policy.retry.onUnknown, delivery) || delivery.unknowns > policy.retry.unknownMaxRepeats;
}

export function conclude(draft: Draft, delivery: Delivery): void {
  if (assumed(draft.policy.retry.onUnknown, delivery)) draft.assumeDelivered(delivery);
  else draft.drop(delivery, 'outcome_unknown');
}

/** Only a message whose final dot was sent may be assumed to have arrived; of an attempt never heard of, nothing is. */
function assumed(onUnknown: 'retry' | 'assume_delivered', { unknownCause }: Delivery): boolean {
  return onUnknown === 'assume_delivered' && unknownCause === 'connection_lost';
}
