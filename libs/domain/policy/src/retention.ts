import type { Policy } from './policy.ts';

const HOUR_MS = 3_600_000;
/** How far ahead `send_at` may lie, as ingest checks it. */
const SEND_AT_HORIZON_MS = 72 * HOUR_MS;
/** For submissions that wait to be expanded, attempts that outlast `max_age`, and clocks that differ. */
const MARGIN_MS = 24 * HOUR_MS;

/** How long content and facts must be kept under a policy: the longest that a delivery can be pending, and 24 h. */
export function leastRetentionMs({ retry }: Pick<Policy, 'retry'>): number {
  return SEND_AT_HORIZON_MS + retry.maxAgeMs + MARGIN_MS;
}
