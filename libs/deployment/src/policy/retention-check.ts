import { leastRetentionMs, type Policy } from '@penstock/policy';
import { StartupError } from '../startup/startup-error.ts';

const HOUR_MS = 3_600_000;

/**
 * Content and facts must outlive the longest that a delivery can be pending.
 *
 * @throws StartupError that says how long that is.
 */
export function checkRetention(retentionMs: number, policy: Pick<Policy, 'retry'>): void {
  const leastMs = leastRetentionMs(policy);
  if (retentionMs >= leastMs) return;
  const hours = (ms: number) => `${Math.ceil(ms / HOUR_MS)}h`;
  throw new StartupError(
    `PENSTOCK_RETENTION: ${hours(retentionMs)} is less than mail may be pending: ${hours(leastMs)} ` +
      `(72h of send_at, max_age of ${hours(policy.retry.maxAgeMs)} by the policy, and 24h)`,
  );
}
