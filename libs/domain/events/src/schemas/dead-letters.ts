import { count, object, text } from './json-schema.ts';
import { record } from './record.ts';

export const DEAD_LETTER_SCHEMAS = {
  record_set_aside: record(
    'record_set_aside',
    [],
    object({ group: text, topic: text, partition: count, offset: count, reason: text }, { text }),
  ),
};
