import type { SignalType } from '../signals.ts';
import { arrayOf, count, instant, type JsonSchema, object, text } from './json-schema.ts';
import { record } from './record.ts';
import { RESULTS } from './warmups.ts';

export const SIGNAL_SCHEMAS: Readonly<Record<SignalType, JsonSchema>> = {
  owner_renewed: record(
    'owner_renewed',
    [],
    object({ owner: text, claims: arrayOf(object({ source: text, claimId: text })) }),
  ),
  source_observed: record(
    'source_observed',
    [],
    object({
      owner: text,
      tallies: arrayOf(object({ source: text, eventsPartition: count, from: instant, ...RESULTS }), 1),
    }),
  ),
};
