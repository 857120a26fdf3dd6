import type { TrafficClass } from '@penstock/events';

/**
 * Budgets: limits over more than a minute (a provider's hourly and daily ones, warm-up, tenant quotas, limits over
 * several sources), granted when deliveries are released, by one store for all partitions.
 *
 * No window of `periodMs` at the receiver sees more than `limit`; a store that forgot everything, was set back to an
 * earlier state or had its clock set may give one burst more. Time is the store's own, never the caller's.
 */
export interface QuotaStore {
  /**
   * Each request by itself is all or nothing; requests are answered in their order. Rejects when the store does not
   * answer: nothing was granted then that may be used.
   */
  ask(requests: readonly QuotaRequest[]): Promise<readonly QuotaAnswer[]>;

  /** The asker has nothing left to send: it gives up its place in these queues. */
  leave(asker: string, keys: readonly string[]): Promise<void>;
}

/** A limit, as the policy or the warm-up schedule states it now. Its key stays when the limit changes. */
export interface Budget {
  /** Names what is counted, such as `warm-up|ip-3` or `provider:gmail|ip-3|hour`. No address in it. */
  readonly key: string;
  /** Whole, 1 or more, in any `periodMs`. */
  readonly limit: number;
  readonly periodMs: number;
  /** The longest time from a grant to the `RCPT` it is used for. */
  readonly grantToRcptMs: number;
  /** At most this many at once; a second of the rate if absent, and 1 below one a second. Paid for with rate. */
  readonly burst?: number;
}

/** The best delivery an asker has. Transactional before bulk, then the more engaged, then the longer waiting. */
export interface QuotaRank {
  readonly class: TrafficClass;
  /** How engaged the recipient is, 0 to 1. */
  readonly engagement: number;
  /** Waiting since, ms since the epoch, from its facts. */
  readonly since: number;
}

export interface QuotaRequest {
  /** Whoever asks, usually a partition: it has one place in each queue, that of its last request. */
  readonly asker: string;
  /** All of these must grant; no key twice, one at least. */
  readonly budgets: readonly Budget[];
  /** Tokens wanted, 1 or more. At most a second of the slowest rate is given at a time. */
  readonly wanted: number;
  readonly rank: QuotaRank;
}

export interface QuotaAnswer {
  /** Tokens taken from each of the budgets. Those not used lapse; they are never given back. */
  readonly granted: number;
  /**
   * When to ask again for what was wanted and not granted, ms from the answer; 0 if all was, or more is there now. Until
   * then nothing changes for the better: no need to poll. With nothing granted the asker has its place in a queue.
   */
  readonly retryAfterMs: number;
  /** The budget in whose queue the asker stands, if nothing was granted. */
  readonly waitsFor?: string;
  /** Whole tokens in each bucket after the answer. */
  readonly left: readonly { readonly key: string; readonly left: number }[];
}

/** Throws a RangeError for what no store can answer. */
export function checkQuotaRequest({ budgets, wanted }: QuotaRequest): void {
  if (!Number.isSafeInteger(wanted) || wanted < 1) throw new RangeError('a request wants 1 token or more');
  if (budgets.length === 0) throw new RangeError('a request names a budget');
  if (new Set(budgets.map(({ key }) => key)).size < budgets.length) throw new RangeError('a request names a key twice');
}
