import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sigkill } from './killed-platform.ts';

test('nothing acknowledged is lost and no repeat is hidden when the process is killed again and again', async () => {
  const { acknowledged, openAtKills } = await sigkill({ messages: 1_000, kills: 3, seed: 1 });
  assert.ok(acknowledged >= 1_000);
  assert.equal(openAtKills.length, 3);
});
