import type { RecordType } from '../records.ts';
import { count, instant, type JsonSchema, type Properties, text } from './json-schema.ts';

export const deliveryId: JsonSchema = {
  type: 'string',
  pattern: '^[A-Za-z0-9_-]{1,64}\\.(0|[1-9][0-9]{0,9})\\.(0|[1-9][0-9]{0,9})$',
};

const ENVELOPE: Properties = {
  id: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  at: instant,
  partition: count,
};

/** W3C trace context, version 00. */
export const traceparent: JsonSchema = { type: 'string', pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' };

const ABOUT: Readonly<Record<About, JsonSchema>> = {
  deliveryId,
  messageId: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
  tenant: text,
  release: count,
  epoch: count,
};

export type About = 'deliveryId' | 'messageId' | 'tenant' | 'release' | 'epoch';

/** What the envelope of every fact about one delivery carries. */
export const ONE_DELIVERY: readonly About[] = ['deliveryId', 'messageId', 'tenant', 'release'];

/** Version 1 of a record type: its envelope with what it must name, and its body. */
export function record(type: RecordType, about: readonly About[], body: JsonSchema): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:penstock:record:${type}:1`,
    type: 'object',
    properties: { ...ENVELOPE, ...ABOUT, type: { const: type }, version: { const: 1 }, traceparent, body },
    required: [...Object.keys(ENVELOPE), ...about, 'type', 'version', 'body'],
  };
}
