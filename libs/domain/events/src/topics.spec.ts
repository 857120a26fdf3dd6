import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { choosePartition, classPartitions, EMBEDDED_PARTITIONS, TOPICS } from './topics.ts';

test('a quarter of the partitions, one at least, is for transactional mail; a single one is shared', () => {
  const split = (count: number) => [classPartitions(count, 'bulk'), classPartitions(count, 'transactional')];
  assert.deepEqual(split(1), [
    { first: 0, count: 1 },
    { first: 0, count: 1 },
  ]);
  assert.deepEqual(split(2), [
    { first: 0, count: 1 },
    { first: 1, count: 1 },
  ]);
  assert.deepEqual(split(4), [
    { first: 0, count: 3 },
    { first: 3, count: 1 },
  ]);
  assert.deepEqual(split(32), [
    { first: 0, count: 24 },
    { first: 24, count: 8 },
  ]);
});

test('whatever the hash, a delivery lands in a partition of its class', () => {
  const input = [fc.integer(), fc.integer({ min: 2, max: 64 })] as const;
  fc.assert(
    fc.property(...input, (hash, count) => {
      const bulk = choosePartition(hash, count, 'bulk');
      const transactional = choosePartition(hash, count, 'transactional');
      assert.ok(bulk >= 0 && bulk < transactional && transactional < count);
    }),
  );
});

test('a partition count that is none is refused', () => {
  for (const count of [0, -1, 1.5, Number.NaN]) assert.throws(() => classPartitions(count, 'bulk'), RangeError);
});

test('every topic has its partitions', () => {
  assert.deepEqual(Object.keys(EMBEDDED_PARTITIONS).sort(), Object.values(TOPICS).sort());
});
