import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DueHeap } from './due-heap.ts';

interface Item {
  dueAt: number;
  waits: boolean;
}

const STEP = fc.record({
  item: fc.nat({ max: 150 }),
  dueAt: fc.nat({ max: 1_000 }),
  waits: fc.boolean(),
});

describe('the due heap', () => {
  it('knows the earliest of those that wait, however they move', () => {
    fc.assert(
      fc.property(fc.array(STEP, { maxLength: 600 }), (steps) => {
        const items: Item[] = Array.from({ length: 151 }, () => ({ dueAt: 0, waits: false }));
        const heap = new DueHeap<Item>();
        for (const { item: index, dueAt, waits } of steps) {
          const item = items[index];
          if (!item) continue;
          item.dueAt = dueAt;
          item.waits = waits;
          if (waits) heap.push(item);
          const due = items.filter((one) => one.waits).map((one) => one.dueAt);
          assert.equal(heap.earliest(), due.length === 0 ? undefined : Math.min(...due));
        }
      }),
      { numRuns: 60 },
    );
  });
});
