import type { Policy } from '@penstock/policy';
import { StartupError } from '../startup-error.ts';

const HOUR_MS = 3_600_000;
/** How far ahead `send_at` may lie, as ingest checks it. */
const SEND_AT_HORIZON_MS = 72 * HOUR_MS;
/** For submissions that wait to be expanded, attempts that outlast `max_age`, and clocks that differ. */
const MARGIN_MS = 24 * HOUR_MS;

/**
 * Content and facts must outlive the longest that a delivery can be pending.
 *
 * @throws StartupError that says how long that is.
 */
export function checkRetention(retentionMs: number, { retry }: Pick<Policy, 'retry'>): void {
  const leastMs = SEND_AT_HORIZON_MS + retry.maxAgeMs + MARGIN_MS;
  if (retentionMs >= leastMs) return;
  const hours = (ms: number) => `${Math.ceil(ms / HOUR_MS)}h`;
  throw new StartupError(
    `PENSTOCK_RETENTION: ${hours(retentionMs)} is less than mail may be pending: ${hours(leastMs)} ` +
      `(72h of send_at, max_age of ${hours(retry.maxAgeMs)} by the policy, and 24h)`,
  );
}
