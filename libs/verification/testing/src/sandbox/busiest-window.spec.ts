import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busiestWindow } from './busiest-window.ts';

test('the busiest window holds the most times, its end with it and its begin not', () => {
  assert.equal(busiestWindow([], 10), 0);
  assert.equal(busiestWindow([5], 10), 1);
  assert.equal(busiestWindow([0, 10, 19, 20, 31], 10), 2);
  assert.equal(busiestWindow([0, 9, 10], 10), 2);
  const times = [0, 0, 3, 4, 4, 4, 9, 15, 16, 16, 30, 31, 31, 31, 31, 40];
  for (const windowMs of [1, 2, 5, 12, 50]) {
    const counted = times.map((end) => times.filter((at) => at > end - windowMs && at <= end).length);
    assert.equal(busiestWindow(times, windowMs), Math.max(...counted), `within ${windowMs} ms`);
  }
});
