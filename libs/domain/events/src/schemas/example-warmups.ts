/** The ledger of one warm-up, and the signal it is judged by, among the examples. */
import { derivedId } from '../ids.ts';
import type { SourceObserved } from '../signals.ts';
import type { WarmupRecord } from '../warmups.ts';
import { HOUR, MINUTE, NOON } from './example-parts.ts';

const DAY = 24 * HOUR;
const warmup = derivedId('source_warmup_started', 'ip-3', NOON);
const step = (number: number) => ({ source: 'ip-3', warmup, step: number });
const id = (number: number) => derivedId('source_warmup', warmup, number);
const results = { attempted: 380, delivered: 371, deferred: 6, bounced: 3, blocked: 0 };

export const WARMUP_EXAMPLES: {
  readonly [T in WarmupRecord['type'] | 'source_observed']: Extract<
    WarmupRecord | SourceObserved,
    { readonly type: T }
  >;
} = {
  source_warmup_started: {
    id: warmup,
    type: 'source_warmup_started',
    version: 1,
    at: NOON,
    partition: 0,
    body: {
      source: 'ip-3',
      warmup,
      schedule: 'sendgrid',
      day: 0,
      since: NOON,
      hourlyLimit: 20,
      providerLimits: { yahoo: 10 },
      reason: 'operator',
      startedBy: 'api',
    },
  },
  source_warmup_advanced: {
    id: id(1),
    type: 'source_warmup_advanced',
    version: 1,
    at: NOON + DAY + 12,
    partition: 0,
    body: { ...step(1), day: 1, since: NOON + DAY, hourlyLimit: 28, providerLimits: { yahoo: 14 }, results },
  },
  source_warmup_held: {
    id: id(2),
    type: 'source_warmup_held',
    version: 1,
    at: NOON + 2 * DAY + 9,
    partition: 0,
    body: {
      ...step(2),
      day: 1,
      since: NOON + 2 * DAY,
      hourlyLimit: 28,
      providerLimits: { yahoo: 14 },
      reason: 'deferral_rate',
      results: { attempted: 540, delivered: 455, deferred: 81, bounced: 4, blocked: 0 },
    },
  },
  source_warmup_set_back: {
    id: id(3),
    type: 'source_warmup_set_back',
    version: 1,
    at: NOON + 2 * DAY + HOUR,
    partition: 0,
    body: {
      ...step(3),
      fromDay: 1,
      day: 0,
      since: NOON + 2 * DAY + HOUR,
      hourlyLimit: 20,
      providerLimits: { yahoo: 10 },
      reason: 'reputation_block',
      results: { attempted: 23, delivered: 19, deferred: 3, bounced: 1, blocked: 2 },
    },
  },
  source_warmup_stopped: {
    id: id(4),
    type: 'source_warmup_stopped',
    version: 1,
    at: NOON + 50 * DAY,
    partition: 0,
    body: { ...step(4), day: 41, reason: 'completed', stoppedBy: 'scheduler-4f2a' },
  },
  source_active: {
    id: derivedId('source_active', 'ip-1', NOON - 12 * HOUR),
    type: 'source_active',
    version: 1,
    at: NOON,
    partition: 0,
    body: { source: 'ip-1', date: NOON - 12 * HOUR },
  },
  source_observed: {
    id: derivedId('source_observed', 'scheduler-4f2a', 1),
    type: 'source_observed',
    version: 1,
    at: NOON + MINUTE,
    partition: 0,
    body: {
      owner: 'scheduler-4f2a',
      tallies: [
        {
          source: 'ip-3',
          eventsPartition: 2,
          from: NOON,
          attempted: 2,
          delivered: 1,
          deferred: 1,
          bounced: 0,
          blocked: 0,
        },
      ],
    },
  },
};
