import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RecordOf, Topic } from '@penstock/events';
import fc from 'fast-check';
import { PartitionTail } from './partition-tail.ts';

function fill(tail: PartitionTail, sizes: readonly number[]): number {
  let offset = 0;
  for (const size of sizes) {
    const first = offset;
    const records = Array.from({ length: size }, (_, i) => ({
      offset: first + i,
      record: { id: `r${first + i}` } as RecordOf<Topic>,
    }));
    tail.push(offset, records, size * 100);
    offset += size;
  }
  return offset;
}

const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 20 });

describe('partition tail', () => {
  it('reads any stretch across its batches, up to the end shown', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 30 }), (batches, a, b, maxRecords) => {
        const tail = new PartitionTail();
        const count = fill(tail, batches);
        const from = a % count;
        const end = from + 1 + (b % (count - from));
        const found = tail.read(from, end, maxRecords).map(({ offset }) => offset);
        assert.deepEqual(
          found,
          Array.from({ length: Math.min(maxRecords, end - from) }, (_, i) => from + i),
        );
      }),
    );
  });

  it('forgets whole batches from the oldest on, but none that is not durable', () => {
    const tail = new PartitionTail();
    fill(tail, [2, 3, 4]);
    assert.equal(tail.shift(5), 200);
    assert.equal(tail.begin, 2);
    assert.equal(tail.shift(5), 300);
    assert.equal(tail.shift(5), 0);
    assert.equal(tail.begin, 5);
    assert.equal(tail.shift(9), 400);
    assert.equal(tail.begin, undefined);
    assert.equal(tail.shift(9), 0);
  });

  it('stays right through thousands of batches that come and go', () => {
    const tail = new PartitionTail();
    const total = fill(
      tail,
      Array.from({ length: 5000 }, () => 1),
    );
    for (let n = 0; n < 4000; n++) tail.shift(total);
    assert.equal(tail.begin, 4000);
    assert.deepEqual(
      tail.read(4500, total, 3).map(({ offset }) => offset),
      [4500, 4501, 4502],
    );
  });
});
