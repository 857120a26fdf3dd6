import type { Fact, LifecycleState, Step } from '@penstock/events';
import { bounceOutcome, type CountedOutcome, isInvalidByDns, isPutOff } from '@penstock/reputation';
import type { PendingDelivery } from '../deliveries/pending-delivery.ts';
import { causeField, heldField } from './hour-counts.ts';
import type { HourTally } from './hour-tally.ts';

type DeliveryFact = Exclude<Fact, { type: 'partition_claimed' }>;

/** What a delivery has met so far, for what is counted once a delivery: bits, kept with its row. */
export const MET = { remoteDeferral: 1, heldNotice: 2, verdict: 4 } as const;

/** Whether hours count facts of this type at all. */
export function isCountedByHour({ type }: DeliveryFact): boolean {
  return type !== 'processed' && type !== 'released' && type !== 'handed_back';
}

/** Counts one step of a delivery that has not ended before it; call before `metAfter` is remembered. */
export function countHour(
  tally: HourTally,
  step: Step,
  before: LifecycleState,
  record: DeliveryFact,
  delivery: PendingDelivery,
): void {
  if (step.state && step.state.attempts > before.attempts) {
    tally.attempts++;
    if (before.attempts === 0) tally.firstAttempts++;
  }
  countKind(tally, record, delivery);
  const outcome = outcomeOf(record, delivery);
  if (outcome === undefined) return;
  const isFirst = (delivery.met & MET.verdict) === 0;
  if (outcome !== 'putOff' || isFirst) tally[outcome]++;
  if (isFirst && outcome !== 'unseen') tally.judged++;
}

/** What the delivery has met once the fact is folded, whether or not it was counted. */
export function metAfter(delivery: PendingDelivery, record: DeliveryFact): number {
  if (record.type !== 'deferred') return delivery.met;
  if (record.body.cause === 'held') return delivery.met | MET.heldNotice;
  const verdict = outcomeOf(record, delivery) === undefined ? 0 : MET.verdict;
  return delivery.met | MET.remoteDeferral | verdict;
}

function countKind(tally: HourTally, record: DeliveryFact, { met, acceptedAt }: PendingDelivery): void {
  switch (record.type) {
    case 'delivered': {
      const latencyMs = Math.max(0, record.at - acceptedAt);
      tally.delivered++;
      tally.latencyMs += latencyMs;
      if ((met & MET.remoteDeferral) === 0) return;
      tally.recovered++;
      tally.recoveredMs += latencyMs;
      return;
    }
    case 'bounced':
    case 'dropped':
      tally[record.type]++;
      return;
    case 'outcome_unknown':
      tally.outcomeUnknown++;
      return;
    case 'deferred':
      countDeferral(tally, record, met);
      return;
    default:
      return;
  }
}

function countDeferral(tally: HourTally, { body }: Extract<Fact, { type: 'deferred' }>, met: number): void {
  if (body.cause === 'held') {
    tally.deferredHeld++;
    if ((met & MET.heldNotice) === 0) tally.deliveriesHeld++;
    for (const reason of body.reasons) tally.addNamed(heldField(reason));
    return;
  }
  tally.deferredRemote++;
  if ((met & MET.remoteDeferral) === 0) tally.deliveriesDeferred++;
  tally.addNamed(causeField(body.verdict?.cause ?? 'unknown'));
}

/** What it adds to for reputations. Outcomes of a source in warm-up count for nobody: they are about its newness. */
function outcomeOf(record: DeliveryFact, delivery: PendingDelivery): CountedOutcome | 'unseen' | undefined {
  if (record.type === 'bounced' && isInvalidByDns(record.body)) return 'unseen';
  if (isWarming(record, delivery)) return undefined;
  if (record.type === 'delivered') return 'accepted';
  if (record.type === 'bounced') return bounceOutcome(record.body);
  if (record.type === 'deferred' && record.body.cause === 'remote' && isPutOff(record.body)) return 'putOff';
  return undefined;
}

function isWarming(record: DeliveryFact, { route }: PendingDelivery): boolean {
  if (!route?.warming) return false;
  // A late outcome of an earlier release may be another source's.
  return !('source' in record.body) || record.body.source === route.source;
}
