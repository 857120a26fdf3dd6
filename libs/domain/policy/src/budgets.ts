/** A message rate is a pace or a budget, by its period. */
import type { Rate, Shaping } from './policy.ts';

/** A rate over more than this, ms, is a budget: granted when mail is released, by one store for all. */
export const LONGEST_PACE_MS = 60_000;

type MessageRate = Pick<Shaping, 'maxMessageRate' | 'messageBudget'>;

export function isPace({ periodMs }: Rate): boolean {
  return periodMs <= LONGEST_PACE_MS;
}

/** What the source's owner keeps at the wire: a rate over a minute or less. */
export function messagePace({ maxMessageRate: rate }: MessageRate): Rate | undefined {
  return rate && isPace(rate) ? rate : undefined;
}

/** What is granted at release: a rate over more than a minute. */
export function messageBudget({ maxMessageRate: rate, messageBudget: budget }: MessageRate): Rate | undefined {
  return budget ?? (rate && !isPace(rate) ? rate : undefined);
}
