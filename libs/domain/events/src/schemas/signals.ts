import type { SignalType } from '../signals.ts';
import { arrayOf, type JsonSchema, object, text } from './json-schema.ts';
import { record } from './record.ts';

export const SIGNAL_SCHEMAS: Readonly<Record<SignalType, JsonSchema>> = {
  owner_renewed: record(
    'owner_renewed',
    [],
    object({ owner: text, claims: arrayOf(object({ source: text, claimId: text })) }),
  ),
};
