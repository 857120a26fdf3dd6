/** The JSON Schema of every record, by type: what other programs that read the log may rely on. */
import type { RecordType } from '../records.ts';
import { COMMAND_SCHEMAS } from './commands.ts';
import { CONTROL_SCHEMAS } from './control.ts';
import { DEAD_LETTER_SCHEMAS } from './dead-letters.ts';
import { DIRECTORY_SCHEMAS } from './directory.ts';
import { FACT_SCHEMAS } from './facts.ts';
import type { JsonSchema } from './json-schema.ts';
import { SIGNAL_SCHEMAS } from './signals.ts';

export type { JsonSchema } from './json-schema.ts';

export const RECORD_SCHEMAS: Readonly<Record<RecordType, JsonSchema>> = {
  ...FACT_SCHEMAS,
  ...CONTROL_SCHEMAS,
  ...COMMAND_SCHEMAS,
  ...DIRECTORY_SCHEMAS,
  ...DEAD_LETTER_SCHEMAS,
  ...SIGNAL_SCHEMAS,
};
