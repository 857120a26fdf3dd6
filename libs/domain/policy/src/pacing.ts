/** The [retry] and [dispatch] blocks: when a delivery is tried again, and how much is tried at once. */
import type { Block } from './block.ts';
import { duration, parseDuration } from './durations.ts';
import type { DispatchPolicy, RetryPolicy } from './policy.ts';
import { fraction, integer, oneOf, type Reader, shown } from './readings.ts';

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
    ...readSteps(block),
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

const MOST_WAITS = 1000;
const WAITS_RIGHT = 'a list of waits, such as ["1m", "5m*2", "1h*3"]; the last one is repeated';

function readSteps(block: Block): Pick<RetryPolicy, 'retryFactor' | 'retryScheduleMs'> {
  const factor = block.take('retry_factor', (raw) =>
    typeof raw === 'number' && raw >= 1 && raw <= 100
      ? { value: raw }
      : { wrong: `${shown(raw)} is not a number from 1 to 100` },
  );
  const waits = block.take('retry_schedule', waitList);
  if (waits && block.has('retry_factor')) block.warning('retry_factor', 'has no effect beside retry_schedule');
  return { ...(factor === undefined ? {} : { retryFactor: factor }), ...(waits ? { retryScheduleMs: waits } : {}) };
}

/** Haraka's form: each wait in order, `*n` for n of them. */
const waitList: Reader<readonly number[]> = (raw) => {
  const entries: readonly unknown[] = typeof raw === 'string' ? raw.split(',') : Array.isArray(raw) ? raw : [];
  const waits: number[] = [];
  for (const entry of entries) {
    const [text, times = '1', ...rest] = typeof entry === 'string' ? entry.split('*') : [String(entry)];
    const ms = parseDuration(text);
    const count = /^\s*[0-9]{1,4}\s*$/.test(times) ? Number(times) : 0;
    const isWait = ms !== undefined && ms >= 1 && count >= 1 && rest.length === 0;
    if (!isWait || waits.length + count > MOST_WAITS) return { wrong: `${shown(entry)} is no wait in ${WAITS_RIGHT}` };
    for (let i = 0; i < count; i++) waits.push(ms);
  }
  return waits.length > 0 ? { value: waits } : { wrong: `${shown(raw)} is not ${WAITS_RIGHT}` };
};

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
