import type { DeferralCounts } from '../hours/hour-counts.ts';

/**
 * "Deferral rate" is several numbers. Each has a name of its own here and wherever it is returned, and its formula with
 * it; null where there is nothing to divide by.
 */
export const DEFERRAL_RATES = {
  deferralRate: 'deferredRemote / attempts: of all attempts those the receiver put off; what we held is not in it',
  deliveriesDeferredRate: 'deliveriesDeferred / firstAttempts: of all deliveries tried those put off at least once',
  eventRate:
    '(deferredRemote + deferredHeld) / (attempts + deferredHeld): as who counts every `deferred` event sees it; not for judging a receiver',
  recoveredRate: 'recovered / deliveriesDeferred: of those put off, those delivered since',
  meanLatencyMs: 'latencyMs / delivered: from acceptance to the receiver taking it, waiting for send_at included',
  meanRecoveredMs: 'recoveredMs / recovered: the same of those that had been put off',
} as const;

export type DeferralRates = { readonly [R in keyof typeof DEFERRAL_RATES]: number | null };

export function deferralRates({ counts }: DeferralCounts): DeferralRates {
  const { attempts, firstAttempts, delivered, deferredRemote, deferredHeld, deliveriesDeferred, recovered } = counts;
  return {
    deferralRate: ratio(deferredRemote, attempts),
    deliveriesDeferredRate: ratio(deliveriesDeferred, firstAttempts),
    eventRate: ratio(deferredRemote + deferredHeld, attempts + deferredHeld),
    recoveredRate: ratio(recovered, deliveriesDeferred),
    meanLatencyMs: ratio(counts.latencyMs, delivered),
    meanRecoveredMs: ratio(counts.recoveredMs, recovered),
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
