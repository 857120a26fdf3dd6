import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderedTimes } from './ordered-times.ts';

test('times that never go back are believed as they are', () => {
  assert.deepEqual(orderedTimes([1, 2, 2, 7]), [1, 2, 2, 7]);
  assert.deepEqual(orderedTimes([]), []);
});

test('a writer whose clock jumped, forward or back, is put right by the others', () => {
  assert.deepEqual(orderedTimes([1, 2, 9_003, 4, 5, 9_006, 7]), [1, 2, 2, 4, 5, 5, 7]);
  assert.deepEqual(
    orderedTimes([1_001, 1_002, 3, 1_004, 1_005, 6, 1_007]),
    [1_001, 1_002, 1_002, 1_004, 1_005, 1_005, 1_007],
  );
  assert.deepEqual(orderedTimes([9_001, 2, 3]), [2, 2, 3]);
});

test('what would have been written after the end is not believed', () => {
  assert.deepEqual(orderedTimes([1, 2, 9_003], 100), [1, 2, 2]);
});

test('what comes out never goes back, and of a clock that jumped for every third record nothing is left', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(100), { minLength: 6 }),
      fc.integer({ min: -9_000_000, max: 9_000_000 }),
      (waits, jump) => {
        let at = 0;
        const times = waits.map((wait) => (at += wait));
        const ordered = orderedTimes(
          times.map((time, index) => (index % 3 === 2 ? time + jump : time)),
          at,
        );
        for (const [index, time] of ordered.entries()) {
          assert.ok(time >= (ordered[index - 1] ?? time));
          assert.ok(Math.abs(time - (times[index] ?? 0)) <= 300 || Math.abs(jump) < 1_000);
        }
      },
    ),
  );
});
