/**
 * Whole services over three brokers of their own, two of which are killed under load: the small form of
 * `node test/dist/faults/leader-killed.js`.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { killLeaders } from '../faults/leaders/killed-leaders.ts';

const MESSAGES = 2_000;
const SUITE_LIMIT_MS = 550_000;

describe('services whose brokers are killed', { timeout: SUITE_LIMIT_MS }, () => {
  it('deliver all that was accepted, and each delivery ends once', async (t) => {
    const { acknowledged, deliveries, duplicates, triesAgain, kills } = await killLeaders({
      messages: MESSAGES,
      kills: 2,
    });
    assert.equal(kills.length, 2);
    for (const { acknowledged: before } of kills) assert.ok(before < acknowledged, 'killed under load');
    assert.ok(acknowledged >= MESSAGES && deliveries >= acknowledged);
    t.diagnostic(
      `${acknowledged} acknowledged, ${deliveries} deliveries, ${duplicates} copies too many and marked, ${triesAgain} ` +
        `tries made again; killed ${JSON.stringify(kills)}`,
    );
  });
});
