import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRecord, encodeRecord } from './codec.ts';
import { UndecodableRecordError } from './record-types.ts';
import { EXAMPLES } from './schemas/examples.ts';
import { type Upcaster, upcast } from './upcast.ts';

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test('a record decodes to what was encoded', () => {
  for (const record of Object.values(EXAMPLES)) assert.deepEqual(decodeRecord(encodeRecord(record)), record);
});

test('what is no record of a known type and version is refused, never skipped', () => {
  const { delivered } = EXAMPLES;
  const refused = [
    new Uint8Array([0xff, 0xfe]),
    new TextEncoder().encode('{"type":"delivered"'),
    bytes(null),
    bytes([delivered]),
    bytes('delivered'),
    bytes({ ...delivered, type: 'dispatched' }),
    bytes({ ...delivered, type: 'toString' }),
    bytes({ ...delivered, version: 2 }),
    bytes({ ...delivered, version: 0 }),
    bytes({ ...delivered, version: '1' }),
  ];
  for (const each of refused) assert.throws(() => decodeRecord(each), UndecodableRecordError);
});

/** A made-up past of `delivered`: version 1 had `ip`, version 2 `sourceName`, version 3 has `source`. */
const PAST: Readonly<Record<number, Upcaster>> = {
  1: ({ ip, ...rest }) => ({ ...rest, sourceName: ip }) as ReturnType<Upcaster>,
  2: ({ sourceName, ...rest }) => ({ ...rest, source: sourceName }) as ReturnType<Upcaster>,
};

test('an old version is lifted one step at a time to the current one', () => {
  const old = { type: 'delivered', version: 1, ip: 'ip-1' };
  assert.deepEqual(upcast(old, { delivered: PAST }, 3), { type: 'delivered', version: 3, source: 'ip-1' });
  const newer = { type: 'delivered', version: 2, sourceName: 'ip-1' };
  assert.deepEqual(upcast(newer, { delivered: PAST }, 3), { type: 'delivered', version: 3, source: 'ip-1' });
});

test('a gap in the chain and a version from the future are refused', () => {
  assert.throws(
    () => upcast({ type: 'bounced', version: 1 }, { delivered: PAST }, 3),
    /no upcaster for bounced version 1/,
  );
  assert.throws(() => upcast({ type: 'delivered', version: 4 }, { delivered: PAST }, 3), /newer than this release/);
});
