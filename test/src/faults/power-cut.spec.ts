import assert from 'node:assert/strict';
import { test } from 'node:test';
import { powerCuts } from './powered-platform.ts';

test('nothing acknowledged is lost when the power goes in the middle of writes, whatever becomes of the SQLite files', async () => {
  const { acknowledged, deliveries } = await powerCuts({ cuts: 4, seed: 1 });
  assert.ok(acknowledged > 0 && deliveries >= acknowledged);
});
