import type { Fact, LifecycleState, Step } from '@penstock/events';
import { bounceOutcome, type CountedOutcome, isInvalidByDns, isPutOff } from '@penstock/reputation';
import type { PendingDelivery } from '../deliveries/pending-delivery.ts';
import { causeField, count, type HourCounts, heldField } from './hour-counts.ts';

type DeliveryFact = Exclude<Fact, { type: 'partition_claimed' }>;

/** What a delivery has met so far, for what is counted once a delivery: bits, kept with its row. */
export const MET = { remoteDeferral: 1, heldNotice: 2, verdict: 4 } as const;

/** Whether hours count facts of this type at all. */
export function isCountedByHour({ type }: DeliveryFact): boolean {
  return type !== 'processed' && type !== 'released' && type !== 'handed_back';
}

/** Counts one step of a delivery that has not ended before it; call before `metAfter` is remembered. */
export function countHour(
  counts: HourCounts,
  step: Step,
  before: LifecycleState,
  record: DeliveryFact,
  delivery: PendingDelivery,
): void {
  if (step.state && step.state.attempts > before.attempts) {
    count(counts, 'attempts');
    if (before.attempts === 0) count(counts, 'firstAttempts');
  }
  countKind(counts, record, delivery);
  const outcome = outcomeOf(record, delivery);
  if (outcome === undefined) return;
  const isFirst = (delivery.met & MET.verdict) === 0;
  if (outcome !== 'putOff' || isFirst) count(counts, outcome);
  if (isFirst && outcome !== 'unseen') count(counts, 'judged');
}

/** What the delivery has met once the fact is folded, whether or not it was counted. */
export function metAfter(delivery: PendingDelivery, record: DeliveryFact): number {
  if (record.type !== 'deferred') return delivery.met;
  if (record.body.cause === 'held') return delivery.met | MET.heldNotice;
  const verdict = outcomeOf(record, delivery) === undefined ? 0 : MET.verdict;
  return delivery.met | MET.remoteDeferral | verdict;
}

function countKind(counts: HourCounts, record: DeliveryFact, { met, acceptedAt }: PendingDelivery): void {
  switch (record.type) {
    case 'delivered': {
      const latencyMs = Math.max(0, record.at - acceptedAt);
      count(counts, 'delivered');
      count(counts, 'latencyMs', latencyMs);
      if ((met & MET.remoteDeferral) === 0) return;
      count(counts, 'recovered');
      count(counts, 'recoveredMs', latencyMs);
      return;
    }
    case 'bounced':
    case 'dropped':
      count(counts, record.type);
      return;
    case 'outcome_unknown':
      count(counts, 'outcomeUnknown');
      return;
    case 'deferred':
      countDeferral(counts, record, met);
      return;
    default:
      return;
  }
}

function countDeferral(counts: HourCounts, { body }: Extract<Fact, { type: 'deferred' }>, met: number): void {
  if (body.cause === 'held') {
    count(counts, 'deferredHeld');
    if ((met & MET.heldNotice) === 0) count(counts, 'deliveriesHeld');
    for (const reason of body.reasons) addField(counts, heldField(reason));
    return;
  }
  count(counts, 'deferredRemote');
  if ((met & MET.remoteDeferral) === 0) count(counts, 'deliveriesDeferred');
  addField(counts, causeField(body.verdict?.cause ?? 'unknown'));
}

function addField(counts: HourCounts, field: string): void {
  counts[field] = (counts[field] ?? 0) + 1;
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
