import { assertNever, type Fact, type LifecycleState, type Step } from '@penstock/events';
import { type Counter, OTHER_PROVIDER, UNRESOLVED_PROVIDER } from '../counters/counter-names.ts';
import { attemptMs, type Timed } from '../counters/durations.ts';
import { addTo, type MinuteCounters } from '../counters/minute-counters.ts';
import { countHour, isCountedByHour } from '../hours/hour-steps.ts';
import type { PendingDelivery, Route } from './pending-delivery.ts';

type DeliveryFact = Exclude<Fact, { type: 'partition_claimed' }>;

/** Who a fact is counted for. The source is empty for what no source had to do with. */
interface Account {
  readonly provider: string;
  readonly source: string;
}

/** Counts one step of one delivery; repeats and void records never come here. */
export function countStep(
  counters: MinuteCounters,
  step: Step,
  before: LifecycleState | undefined,
  record: DeliveryFact,
  delivery: PendingDelivery | undefined,
): void {
  const counter = counterOf(step, record);
  if (counter === undefined) return;
  const { provider, source } = accountOf(record, delivery?.route);
  if (before && delivery && isCountedByHour(record)) {
    const hour = counters.hours.at(record.at, record.tenant ?? '', provider, source);
    if (hour) countHour(hour, step, before, record, delivery);
  }
  const counts = counters.at(record.at, provider, source);
  if (!counts) return;
  addTo(counts, counter);
  if (step.state && before && step.state.attempts > before.attempts) {
    addTo(counts, 'attempts');
    if (record.type !== 'released') countAttempt(counters, provider, record);
  }
  if (record.type !== 'delivered') return;
  if (record.body.mayDuplicate) addTo(counts, 'markedDuplicates');
  if (step.transition !== 'ended' || !delivery) return;
  const latencyMs = Math.max(0, record.at - delivery.acceptedAt);
  addTo(counts, 'latencyMs', latencyMs);
  counters.tally?.latencies.add(provider, latencyMs, record);
}

function countAttempt({ tally }: MinuteCounters, provider: string, record: Timed): void {
  const ms = tally && attemptMs(record);
  if (ms !== undefined) tally?.attempts.add(provider, ms, record);
}

function counterOf(step: Step, record: DeliveryFact): Counter | undefined {
  // Of what comes after the end only a second delivery is a number anybody acts on.
  if (step.transition === 'late') return record.type === 'delivered' ? 'duplicates' : undefined;
  switch (record.type) {
    case 'processed':
      return 'accepted';
    case 'released':
    case 'delivered':
    case 'bounced':
    case 'dropped':
      return record.type;
    case 'deferred':
      return record.body.cause === 'held' ? 'deferredHeld' : 'deferredRemote';
    case 'handed_back':
      return 'handedBack';
    case 'outcome_unknown':
      return 'outcomeUnknown';
    default:
      return assertNever(record);
  }
}

function accountOf(record: DeliveryFact, route: Route | undefined): Account {
  switch (record.type) {
    case 'processed':
      return { provider: UNRESOLVED_PROVIDER, source: '' };
    case 'released':
      return { provider: record.body.provider ?? OTHER_PROVIDER, source: record.body.source };
    case 'delivered':
    case 'bounced':
      return { provider: record.body.provider ?? OTHER_PROVIDER, source: record.body.source };
    case 'dropped':
      return { provider: providerOf(route), source: '' };
    case 'deferred':
      if (record.body.cause === 'held') return { provider: providerOf(route), source: '' };
      return { provider: record.body.provider ?? OTHER_PROVIDER, source: record.body.source };
    case 'handed_back':
      return { provider: providerOf(route), source: record.body.source };
    case 'outcome_unknown':
      return { provider: record.body.provider ?? providerOf(route), source: record.body.source ?? route?.source ?? '' };
    default:
      return assertNever(record);
  }
}

function providerOf(route: Route | undefined): string {
  return route ? (route.provider ?? OTHER_PROVIDER) : UNRESOLVED_PROVIDER;
}
