import type { RetryPolicy } from '@penstock/policy';

type Intervals = Pick<RetryPolicy, 'retryIntervalMs' | 'maxRetryIntervalMs' | 'jitter'>;

/**
 * The wait after attempt number `attempt` (from 1) is deferred, ms: doubling from `retry_interval` up to
 * `max_retry_interval`, moved by up to `jitter` of itself. The jitter hangs on delivery and attempt alone, so that
 * deciding again decides the same.
 */
export function retryDelayMs(deliveryId: string, attempt: number, retry: Intervals): number {
  const interval = Math.min(retry.retryIntervalMs * 2 ** Math.min(attempt - 1, 40), retry.maxRetryIntervalMs);
  const swing = (2 * fraction(deliveryId, attempt) - 1) * retry.jitter;
  return Math.max(1, Math.round(interval * (1 + swing)));
}

/** FNV-1a over the id and the number, finished with murmur's mixer; as a fraction from 0 to 1. */
function fraction(text: string, number: number): number {
  let hash = 0x811c9dc5 ^ number;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
