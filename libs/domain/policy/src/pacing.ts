/** The [retry] and [dispatch] blocks: when a delivery is tried again, and how much is tried at once. */
import type { Block } from './block.ts';
import { duration } from './durations.ts';
import type { DispatchPolicy, RetryPolicy } from './policy.ts';
import { fraction, integer, oneOf } from './readings.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const SHIPPED_RETRY: RetryPolicy = {
  retryIntervalMs: 20 * MINUTE,
  maxRetryIntervalMs: 4 * HOUR,
  jitter: 0.1,
  maxAgeMs: 72 * HOUR,
  hintMinMs: MINUTE,
  hintMaxMs: 4 * HOUR,
  greylistMs: 5 * MINUTE,
  deferralNoticeAfterMs: 5 * MINUTE,
  deferralNoticeEveryMs: HOUR,
  unknownRetryMs: HOUR,
  unknownMaxRepeats: 2,
  onUnknown: 'retry',
  nxdomainIntervalMs: HOUR,
  suspendMs: 30 * SECOND,
  maxSuspendMs: 30 * MINUTE,
};

export const SHIPPED_DISPATCH: DispatchPolicy = {
  maxAttemptsInFlight: 1000,
  startWithinMs: MINUTE,
  attemptMaxMs: 10 * MINUTE,
};

export function readRetry(block: Block): RetryPolicy {
  const shipped = SHIPPED_RETRY;
  const retry: RetryPolicy = {
    retryIntervalMs: block.take('retry_interval', duration(1)) ?? shipped.retryIntervalMs,
    maxRetryIntervalMs: block.take('max_retry_interval', duration(1)) ?? shipped.maxRetryIntervalMs,
    jitter: block.take('jitter', fraction) ?? shipped.jitter,
    maxAgeMs: block.take('max_age', duration(SECOND)) ?? shipped.maxAgeMs,
    hintMinMs: block.take('hint_min', duration()) ?? shipped.hintMinMs,
    hintMaxMs: block.take('hint_max', duration()) ?? shipped.hintMaxMs,
    greylistMs: block.take('greylist_interval', duration()) ?? shipped.greylistMs,
    deferralNoticeAfterMs: block.take('deferral_notice_after', duration()) ?? shipped.deferralNoticeAfterMs,
    deferralNoticeEveryMs: block.take('deferral_notice_every', duration(SECOND)) ?? shipped.deferralNoticeEveryMs,
    unknownRetryMs: block.take('unknown_retry_interval', duration(1)) ?? shipped.unknownRetryMs,
    unknownMaxRepeats: block.take('unknown_max_repeats', integer(0, 100)) ?? shipped.unknownMaxRepeats,
    onUnknown: block.take('on_unknown', oneOf('retry', 'assume_delivered')) ?? shipped.onUnknown,
    nxdomainIntervalMs: block.take('nxdomain_interval', duration()) ?? shipped.nxdomainIntervalMs,
    suspendMs: block.take('suspend', duration(1)) ?? shipped.suspendMs,
    maxSuspendMs: block.take('max_suspend', duration(1)) ?? shipped.maxSuspendMs,
  };
  atMost(block, ['retry_interval', retry.retryIntervalMs], ['max_retry_interval', retry.maxRetryIntervalMs]);
  atMost(block, ['hint_min', retry.hintMinMs], ['hint_max', retry.hintMaxMs]);
  atMost(block, ['suspend', retry.suspendMs], ['max_suspend', retry.maxSuspendMs]);
  block.refuseRest();
  return retry;
}

export function readDispatch(block: Block): DispatchPolicy {
  const shipped = SHIPPED_DISPATCH;
  const dispatch: DispatchPolicy = {
    maxAttemptsInFlight: block.take('max_attempts_in_flight', integer(1, 1_000_000)) ?? shipped.maxAttemptsInFlight,
    startWithinMs: block.take('start_within', duration(SECOND)) ?? shipped.startWithinMs,
    attemptMaxMs: block.take('attempt_max', duration(SECOND)) ?? shipped.attemptMaxMs,
  };
  block.refuseRest();
  return dispatch;
}

type Setting = readonly [key: string, ms: number];

function atMost(block: Block, [least, leastMs]: Setting, [most, mostMs]: Setting): void {
  if (leastMs <= mostMs) return;
  const named = block.has(least) ? least : most;
  block.error(named, `${least} (${leastMs} ms) is longer than ${most} (${mostMs} ms)`);
}
