import { durationText } from './durations.ts';
import { SHIPPED_DISPATCH, SHIPPED_RETRY } from './pacing.ts';
import type { KeyReference } from './reference-form.ts';

const DURATION = '`"20m"`, `"72h"`, or seconds';
const retry = SHIPPED_RETRY;
const dispatch = SHIPPED_DISPATCH;

function wait(key: string, ms: number, means: string): KeyReference {
  return { key, form: DURATION, means, shipped: durationText(ms) };
}

export const RETRY_KEYS: readonly KeyReference[] = [
  wait('retry_interval', retry.retryIntervalMs, 'first wait after a remote deferral'),
  wait('max_retry_interval', retry.maxRetryIntervalMs, 'longest wait'),
  { key: 'retry_factor', form: '1 to 100', means: 'each wait is the one before it, times this', shipped: '2' },
  {
    key: 'retry_schedule',
    form: '`["1m", "5m*2", "1h*3"]`',
    means: 'the waits themselves, the last one for ever, instead of interval, factor and most',
    shipped: 'none',
  },
  {
    key: 'jitter',
    form: '0 to 1',
    means: 'fraction by which a retry comes earlier or later',
    shipped: String(retry.jitter),
  },
  wait('max_age', retry.maxAgeMs, 'from `send_at`; no attempt starts after it, the delivery is dropped'),
  wait('hint_min', retry.hintMinMs, 'a reply that says when to come back is believed from'),
  wait('hint_max', retry.hintMaxMs, 'and up to'),
  wait('greylist_interval', retry.greylistMs, 'least wait after greylisting'),
  wait('deferral_notice_after', retry.deferralNoticeAfterMs, 'a delivery held longer says so'),
  wait('deferral_notice_every', retry.deferralNoticeEveryMs, 'and again each'),
  wait('unknown_retry_interval', retry.unknownRetryMs, 'wait after a connection lost behind the final dot'),
  {
    key: 'unknown_max_repeats',
    form: 'a whole number',
    means: 'how often it is tried again then',
    shipped: String(retry.unknownMaxRepeats),
  },
  {
    key: 'on_unknown',
    form: '`"retry"`, `"assume_delivered"`',
    means: 'whether it is tried again at all',
    shipped: retry.onUnknown,
  },
  wait(
    'nxdomain_interval',
    retry.nxdomainIntervalMs,
    'a domain that does not exist bounces when it still does not after',
  ),
  wait('suspend', retry.suspendMs, 'a path that failed before `RCPT` rests, doubling'),
  wait('max_suspend', retry.maxSuspendMs, 'up to'),
];

export const DISPATCH_KEYS: readonly KeyReference[] = [
  {
    key: 'max_attempts_in_flight',
    form: 'a whole number',
    means: 'attempts begun whose outcome is not yet durable: the most that a crash may repeat',
    shipped: String(dispatch.maxAttemptsInFlight),
  },
  wait('start_within', dispatch.startWithinMs, 'a released delivery not begun by then returns to its lane'),
  wait('attempt_max', dispatch.attemptMaxMs, 'no outcome this long after that: `outcome_unknown`'),
];
