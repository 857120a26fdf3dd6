import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { decodeRecord, encodeRecord } from '../codec.ts';
import { RECORD_TYPES } from '../record-types.ts';
import type { LogRecord, RecordType } from '../records.ts';
import { CURRENT_VERSION } from '../upcast.ts';
import { EXAMPLES, OTHER_FORMS } from './examples.ts';
import { RECORD_SCHEMAS } from './index.ts';

const SAMPLES = new URL('../../samples/', import.meta.url);
const stored = readdirSync(SAMPLES).sort();
const read = (file: string) => readFileSync(new URL(file, SAMPLES));

const ajv = new Ajv2020({ strict: true, allErrors: true });
const validators = new Map<string, ValidateFunction>(
  Object.entries(RECORD_SCHEMAS).map(([type, schema]) => [type, ajv.compile(schema)]),
);

function complaints(record: { readonly type: string }): string {
  const validate = validators.get(record.type);
  assert.ok(validate, record.type);
  return validate(record) ? '' : ajv.errorsText(validate.errors);
}

test('every record type has a schema and a recorded sample of every version', () => {
  assert.deepEqual(Object.keys(RECORD_SCHEMAS).sort(), [...RECORD_TYPES].sort());
  for (const type of RECORD_TYPES) {
    for (let version = 1; version <= CURRENT_VERSION; version++) {
      assert.ok(stored.includes(`${type}.v${version}.json`), `samples/${type}.v${version}.json is missing`);
    }
  }
});

test('every stored sample is named for the record it holds', () => {
  for (const file of stored) {
    const { type, version } = JSON.parse(read(file).toString('utf8')) as LogRecord;
    assert.match(file, new RegExp(`^${type}(-[a-z_]+)?\\.v${version}\\.json$`));
  }
});

test('every recorded sample decodes, is what its schema says, and encodes to the same bytes again', () => {
  for (const file of stored) {
    const record = decodeRecord(read(file));
    assert.equal(complaints(record), '', file);
    assert.equal(new TextDecoder().decode(encodeRecord(record)), read(file).toString('utf8').trim(), file);
  }
});

test('the samples of the current version are the examples the compiler has checked', () => {
  const examples: Readonly<Record<string, LogRecord>> = { ...EXAMPLES, ...OTHER_FORMS };
  for (const [name, example] of Object.entries(examples)) {
    assert.deepEqual(decodeRecord(read(`${name}.v${CURRENT_VERSION}.json`)), example, name);
  }
});

test('the samples show every property of the schemas, and the schemas name every property of the samples', () => {
  for (const type of RECORD_TYPES) {
    const forms = stored
      .filter((file) => file.split(/[-.]/)[0] === type)
      .map((file) => JSON.parse(read(file).toString()));
    const { body } = RECORD_SCHEMAS[type as RecordType].properties as { body: SchemaNode };
    const named = propertiesOf(body);
    const shown = new Set(forms.flatMap((form) => Object.keys(form.body)));
    assert.deepEqual([...shown].sort(), [...named].sort(), type);
  }
});

interface SchemaNode {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly anyOf?: readonly SchemaNode[];
}

function propertiesOf({ properties = {}, anyOf = [] }: SchemaNode): ReadonlySet<string> {
  return new Set([...Object.keys(properties), ...anyOf.flatMap((form) => [...propertiesOf(form)])]);
}

test('fields of a later release are no error', () => {
  const { body, ...envelope } = EXAMPLES.processed;
  const later = { ...envelope, shard: 'x', body: { ...body, engagement: 0.5 } };
  assert.equal(complaints(later), '');
  assert.equal(decodeRecord(new TextEncoder().encode(JSON.stringify(later))).type, 'processed');
});

test('a schema refuses a record that lacks what a fold needs', () => {
  const { deliveryId: _, ...anonymous } = EXAMPLES.delivered;
  assert.match(complaints(anonymous), /deliveryId/);
  const { epoch: __, ...epochless } = EXAMPLES.released;
  assert.match(complaints(epochless), /epoch/);
  const { bounced, released } = EXAMPLES;
  const misplaced = { ...bounced, body: { ...bounced.body, phase: 'lunch' } };
  assert.match(complaints(misplaced), /phase/);
  const empty = { ...released, body: { ...released.body, deliveries: [] } };
  assert.match(complaints(empty), /deliveries/);
});

test('no sample holds an address: the mailbox stays with the content', () => {
  for (const file of stored) assert.doesNotMatch(read(file).toString('utf8'), /[A-Za-z0-9]@[a-z]/, file);
});
