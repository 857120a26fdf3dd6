import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPTIONS } from './checking/histories.ts';
import { checkHistory } from './checking/index.ts';
import { tally } from './judging.ts';

test('a run counts its kinds of problems, what else went wrong as one, and what could not be done', () => {
  const nothingShown = checkHistory([], OPTIONS);
  assert.equal(tally(nothingShown, { trouble: [], skipped: ['disk_full'] }), '10 passed, 1 failed, 1 skipped');
  assert.equal(tally(nothingShown, { trouble: ['a', 'b'], skipped: [] }), '9 passed, 2 failed, 0 skipped');
});
