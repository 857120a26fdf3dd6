import type { RetryPolicy } from '@penstock/policy';

type Intervals = Pick<
  RetryPolicy,
  'retryIntervalMs' | 'maxRetryIntervalMs' | 'retryFactor' | 'retryScheduleMs' | 'jitter'
>;

/**
 * The wait after attempt number `attempt` (from 1) is deferred, ms: of the policy's list, or growing from
 * `retry_interval` up to `max_retry_interval`; moved by up to `jitter` of itself. The jitter hangs on delivery and
 * attempt alone, so that deciding again decides the same.
 */
export function retryDelayMs(deliveryId: string, attempt: number, retry: Intervals): number {
  const interval = listed(attempt, retry) ?? grown(attempt, retry);
  const swing = (2 * fraction(deliveryId, attempt) - 1) * retry.jitter;
  return Math.max(1, Math.round(interval * (1 + swing)));
}

/** The last wait of a list holds for ever. */
function listed(attempt: number, { retryScheduleMs: waits }: Intervals): number | undefined {
  return waits?.[Math.min(attempt, waits.length) - 1];
}

function grown(attempt: number, { retryIntervalMs, maxRetryIntervalMs, retryFactor = 2 }: Intervals): number {
  return Math.min(retryIntervalMs * retryFactor ** Math.min(attempt - 1, 40), maxRetryIntervalMs);
}

/** FNV-1a over the id and the number, finished with murmur's mixer; as a fraction from 0 to 1. */
function fraction(text: string, number: number): number {
  let hash = 0x811c9dc5 ^ number;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
