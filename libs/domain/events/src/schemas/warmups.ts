import type {
  WarmupHoldReason,
  WarmupRecord,
  WarmupSetBackReason,
  WarmupStartReason,
  WarmupStopReason,
} from '../warmups.ts';
import { count, instant, type JsonSchema, membersOf, object, ordinal, type Properties, text } from './json-schema.ts';
import { record } from './record.ts';

export const RESULTS: Properties = {
  attempted: count,
  delivered: count,
  deferred: count,
  bounced: count,
  blocked: count,
};

const START_REASONS: Readonly<Record<WarmupStartReason, true>> = { operator: true, idle: true };

const HOLD_REASONS: Readonly<Record<WarmupHoldReason, true>> = {
  under_delivered: true,
  deferral_rate: true,
  bounce_rate: true,
  too_little_sent: true,
};

const SET_BACK_REASONS: Readonly<Record<WarmupSetBackReason, true>> = { reputation_block: true, idle: true };

const STOP_REASONS: Readonly<Record<WarmupStopReason, true>> = { completed: true, operator: true };

const results = object(RESULTS);

const STAGE: Properties = { day: count, since: instant, hourlyLimit: ordinal };

const OPTIONAL: Properties = { providerLimits: { type: 'object', additionalProperties: ordinal } };

const STEP: Properties = { source: text, warmup: text, step: ordinal };

export const WARMUP_SCHEMAS: Readonly<Record<WarmupRecord['type'], JsonSchema>> = {
  source_warmup_started: record(
    'source_warmup_started',
    [],
    object(
      { source: text, warmup: text, schedule: text, ...STAGE, reason: membersOf(START_REASONS), startedBy: text },
      OPTIONAL,
    ),
  ),
  source_warmup_advanced: record('source_warmup_advanced', [], object({ ...STEP, ...STAGE, results }, OPTIONAL)),
  source_warmup_held: record(
    'source_warmup_held',
    [],
    object({ ...STEP, ...STAGE, reason: membersOf(HOLD_REASONS), results }, OPTIONAL),
  ),
  source_warmup_set_back: record(
    'source_warmup_set_back',
    [],
    object({ ...STEP, ...STAGE, fromDay: count, reason: membersOf(SET_BACK_REASONS), results }, OPTIONAL),
  ),
  source_warmup_stopped: record(
    'source_warmup_stopped',
    [],
    object({ ...STEP, day: count, reason: membersOf(STOP_REASONS), stoppedBy: text }),
  ),
  source_active: record('source_active', [], object({ source: text, date: instant })),
};
