import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gathering } from './gathering.ts';

test('what follows a large reading is gathered for longer than what follows a small one', () => {
  const gathering = new Gathering();
  const rested = gathering.nextDelay();
  for (let batch = 0; batch < 20; batch++) gathering.found(1_000);
  assert.ok(gathering.nextDelay() > rested);
  gathering.found(1_000);
  assert.equal(gathering.nextDelay(), rested);
});
