import { HOLD_REASON_TEXTS } from '../hold-reasons.ts';
import type { Disposition } from '../outcome.ts';
import { PHASES, SCOPES } from '../outcome.ts';
import { TRAFFIC_CLASSES } from '../topics.ts';
import {
  arrayOf,
  count,
  flag,
  instant,
  type JsonSchema,
  membersOf,
  milliseconds,
  object,
  oneOf,
  ordinal,
  type Properties,
  text,
} from './json-schema.ts';

export const phase = oneOf(PHASES);
export const scope = oneOf(SCOPES);
export const trafficClass = oneOf(TRAFFIC_CLASSES);
export const holdReason = oneOf(Object.keys(HOLD_REASON_TEXTS));

export const reply: JsonSchema = object(
  { code: { type: 'integer', minimum: 0, maximum: 599 }, text: { type: 'string', maxLength: 1024 } },
  { enhanced: { type: 'string', pattern: '^[245]\\.[0-9]{1,3}\\.[0-9]{1,3}$' } },
);

const DISPOSITIONS: Readonly<Record<Disposition, true>> = { deliver: true, defer: true, bounce: true, unknown: true };

export const verdict: JsonSchema = object(
  {
    cause: { type: 'string', pattern: '^[a-z][a-z0-9_]*$' },
    scope,
    disposition: membersOf(DISPOSITIONS),
    confidence: { type: 'number', minimum: 0, maximum: 1 },
  },
  { rule: text },
);

const host = object({ name: text }, { address: text, port: { type: 'integer', minimum: 1, maximum: 65_535 } });

const timings = object({}, { queuedMs: milliseconds, connectMs: milliseconds, transactionMs: milliseconds });

export const outcomeRequired: Properties = {
  attempt: ordinal,
  source: text,
  site: text,
  phase,
  scope,
  verdict,
  timings,
};

export const outcomeOptional: Properties = { provider: text, host, reply, tls: text, mayDuplicate: flag };

export const attemptOutcome: JsonSchema = object(outcomeRequired, outcomeOptional);

export const decision: JsonSchema = object({
  passedOver: arrayOf(object({ source: text, reason: holdReason }, { until: instant })),
  credit: object({ path: text, limit: count, used: count }),
  budgets: arrayOf(object({ key: text, left: { type: 'number' } })),
});
