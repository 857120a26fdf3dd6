import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchId, derivedId, factId, formatDeliveryId, isMessageId, parseDeliveryId } from './ids.ts';

test('an id derived from the same parts is the same for ever', () => {
  assert.equal(factId('m.0.1', 1, 'delivered', ''), derivedId('fact', 'm.0.1', 1, 'delivered', '', 0));
  assert.equal(derivedId('abc'), 'ba7816bf8f01cfea414140de5dae2223');
});

test('ids differ in release, type, cause and number, and parts never run together', () => {
  const ids = [
    factId('m.0.1', 1, 'delivered', ''),
    factId('m.0.1', 2, 'delivered', ''),
    factId('m.0.1', 1, 'bounced', ''),
    factId('m.0.1', 1, 'delivered', 'x'),
    factId('m.0.1', 1, 'delivered', '', 1),
    batchId(1, 'c', 1),
    derivedId('ab', 'c'),
    derivedId('a', 'bc'),
  ];
  assert.equal(new Set(ids).size, ids.length);
});

test('a delivery id says which message, recipient and partition, and reads back', () => {
  const parts = fc.record(
    {
      messageId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      index: fc.integer({ min: 0, max: 99_999 }),
      partition: fc.integer({ min: 0, max: 1023 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(fc.property(parts, (each) => assert.deepEqual(parseDeliveryId(formatDeliveryId(each)), each)));
});

test('what is no delivery id is none', () => {
  for (const bad of [
    '',
    'm',
    'm.1',
    'm.1.2.3',
    'm.01.2',
    'm.-1.2',
    'm.1.x',
    'm m.1.2',
    '.1.2',
    'm.1.2\n',
    'm.99999999999.1',
  ]) {
    assert.equal(parseDeliveryId(bad), undefined, JSON.stringify(bad));
  }
  assert.ok(isMessageId('A-z_09'));
  for (const bad of ['', 'a.b', 'a/b', 'ä', 'x'.repeat(65), 'a\n']) assert.ok(!isMessageId(bad), JSON.stringify(bad));
});
