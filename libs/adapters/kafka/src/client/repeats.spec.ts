import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Repeats } from './repeats.ts';

test('the same is told once, then not for a minute, and then with how often it was left out', () => {
  let now = 0;
  const repeats = new Repeats({ monotonic: () => now });
  assert.equal(repeats.of('no coordinator'), 0);
  assert.equal(repeats.of('no leader'), 0);
  for (now = 1; now < 50; now++) assert.equal(repeats.of('no coordinator'), undefined);
  now = 60_000;
  assert.equal(repeats.of('no coordinator'), 49);
  assert.equal(repeats.of('no coordinator'), undefined);
});
