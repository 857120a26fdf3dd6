import { OUTCOME_COUNTERS } from '@penstock/reputation';

/** What is counted per hour, provider and source, and what each number means. One place, for fold and API. */
export const HOUR_COUNTERS = {
  attempts: 'attempts that ended and cost one: delivered, bounced, deferred by the receiver, or outcome unknown',
  firstAttempts: 'deliveries whose first such attempt ended',
  delivered: 'deliveries that ended with the receiver taking them',
  bounced: 'deliveries that ended with a refusal for good',
  dropped: 'deliveries that ended without ever being tried again',
  outcomeUnknown: 'attempts whose connection died after the final dot, or that reported nothing',
  deferredRemote: 'attempts the receiver put off, or that did not reach it',
  deliveriesDeferred: 'deliveries put off so for the first time',
  deferredHeld: 'notices that a delivery waits for us; cost no attempt',
  deliveriesHeld: 'deliveries with such a notice for the first time',
  latencyMs: 'sum over delivered of the time from acceptance to delivery',
  recovered: 'deliveries delivered after they had been put off',
  recoveredMs: 'sum over recovered of the time from acceptance to delivery',
} as const;

export type HourCounter = keyof typeof HOUR_COUNTERS;

/**
 * Counted for reputations alone. `unseen`: recipients who do not exist by DNS, of whom no receiver knows; they are the
 * tenant's doing alone.
 */
const REPUTATION_COUNTERS: ReadonlySet<string> = new Set([...OUTCOME_COUNTERS, 'unseen']);

/**
 * Of one hour: the counters above; what counts for reputations; attempts put off by the verdict's cause
 * (`cause:mailbox_full`); notices by the reason of the hold (`held:hourly_limit`).
 */
export type HourCounts = Partial<Record<string, number>>;

export function causeField(cause: string): string {
  return `cause:${cause}`;
}

export function heldField(reason: string): string {
  return `held:${reason}`;
}

/** Counts with the lists within them taken apart. */
export interface DeferralCounts {
  readonly counts: { readonly [C in HourCounter]: number };
  readonly causes: Readonly<Record<string, number>>;
  readonly heldBy: Readonly<Record<string, number>>;
}

export function deferralCounts(counts: HourCounts): DeferralCounts {
  const all: Record<string, number> = Object.fromEntries(Object.keys(HOUR_COUNTERS).map((name) => [name, 0]));
  const causes: Record<string, number> = {};
  const heldBy: Record<string, number> = {};
  for (const [field, count = 0] of Object.entries(counts)) {
    if (field.startsWith('cause:')) causes[field.slice('cause:'.length)] = count;
    else if (field.startsWith('held:')) heldBy[field.slice('held:'.length)] = count;
    else if (!REPUTATION_COUNTERS.has(field)) all[field] = count;
  }
  return { counts: all as DeferralCounts['counts'], causes, heldBy };
}

export function addCounts(sum: HourCounts, counts: HourCounts): void {
  for (const [field, count = 0] of Object.entries(counts)) sum[field] = (sum[field] ?? 0) + count;
}
