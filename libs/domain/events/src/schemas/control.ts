import type { ControlType, ReputationSubject } from '../control.ts';
import { arrayOf, count, instant, type JsonSchema, membersOf, object, ordinal, text } from './json-schema.ts';
import { holdReason, phase, reply, verdict } from './outcome.ts';
import { deliveryId, record } from './record.ts';
import { WARMUP_SCHEMAS } from './warmups.ts';

const claim = object({ source: text, owner: text, claimId: text });

const released = object({ source: text, owner: text, claimId: text }, { releasedBy: text });

const pathThrottled = object(
  {
    source: text,
    path: text,
    site: text,
    action: { const: 'suspend' },
    until: instant,
    step: ordinal,
    reason: holdReason,
    evidence: object({ phase, verdict }, { reply, deliveryId }),
  },
  { provider: text },
);

const SUBJECTS: Readonly<Record<ReputationSubject, true>> = { tenant: true, source: true };

const score: JsonSchema = { type: 'integer', minimum: 0, maximum: 100 };

const reputationChanged = object(
  {
    subject: membersOf(SUBJECTS),
    name: text,
    outcomes: count,
    providers: { type: 'object', additionalProperties: score },
  },
  { score, previous: score },
);

const version: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{12}$' };

const policyChanged = object(
  { policyVersion: version, text: { type: 'string' }, changedBy: text },
  {
    previousVersion: version,
    changes: arrayOf(object({ key: text }, { before: { type: 'string' }, after: { type: 'string' } })),
    changeCount: count,
  },
);

export const CONTROL_SCHEMAS: Readonly<Record<ControlType, JsonSchema>> = {
  policy_changed: record('policy_changed', [], policyChanged),
  source_claimed: record('source_claimed', [], claim),
  source_released: record('source_released', [], released),
  source_unreachable: record('source_unreachable', [], object({ source: text, detail: text })),
  path_throttled: record('path_throttled', [], pathThrottled),
  path_restored: record('path_restored', [], object({ source: text, path: text, site: text }, { provider: text })),
  reputation_changed: record('reputation_changed', [], reputationChanged),
  ...WARMUP_SCHEMAS,
};
