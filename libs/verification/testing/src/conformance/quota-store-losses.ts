import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Budget, QuotaStore } from '@penstock/ports';
import { askOne, FAST, HOURLY, HOURLY_INTERVAL_MS, type WithQuotas } from './quota-store-conformance.ts';

const HOUR_MS = 3_600_000;

/** Everything that can be had at this moment. */
async function drain(quotas: QuotaStore, budget: Budget): Promise<number> {
  let granted = 0;
  for (let round = 0; round < 100; round++) {
    const answer = await askOne(quotas, { budgets: [budget], wanted: 100 });
    if (answer.granted === 0) return granted;
    granted += answer.granted;
  }
  throw new Error('the bucket has no end');
}

/** What a QuotaStore may lose, and what that costs, as tests. */
export function quotaLossesConform(withQuotas: WithQuotas): void {
  memoryConforms(withQuotas);
  clocksConform(withQuotas);
}

function memoryConforms(withQuotas: WithQuotas): void {
  it(
    'remembers through a restart what it granted, and who waits',
    withQuotas(async (harness) => {
      await askOne(harness.quotas);
      await askOne(harness.quotas, { asker: 'head', rank: { class: 'transactional', engagement: 1, since: 0 } });
      await harness.reopen();
      assert.equal((await askOne(harness.quotas)).granted, 0);
      harness.pass(HOURLY_INTERVAL_MS);
      assert.equal((await askOne(harness.quotas)).granted, 0);
    }),
  );

  it(
    'gives a burst and no more when it forgot everything',
    withQuotas(async ({ quotas, pass, flush }) => {
      const budget: Budget = { ...FAST, burst: 30 };
      assert.equal(await drain(quotas, budget), 30);
      pass(50);
      await flush();
      assert.equal(await drain(quotas, budget), 30);
      pass(106);
      assert.equal(await drain(quotas, budget), 1);
    }),
  );
}

function clocksConform(withQuotas: WithQuotas): void {
  it(
    'gives a burst and no more when its clock is set forward',
    withQuotas(async ({ quotas, pass }) => {
      assert.equal(await drain(quotas, FAST), 10);
      pass(24 * HOUR_MS);
      assert.equal(await drain(quotas, FAST), 10);
    }),
  );

  it(
    'gives nothing when its clock is set back, and holds nobody for longer than a burst and its queue take',
    withQuotas(async ({ quotas, pass }) => {
      await drain(quotas, FAST);
      await askOne(quotas, {
        asker: 'gone',
        budgets: [FAST],
        rank: { class: 'transactional', engagement: 1, since: 0 },
      });
      pass(-24 * HOUR_MS);
      const { granted, retryAfterMs } = await askOne(quotas, { budgets: [FAST] });
      assert.equal(granted, 0);
      assert.ok(retryAfterMs <= 300, `${retryAfterMs} ms`);
      pass(3_000);
      assert.equal((await askOne(quotas, { budgets: [FAST] })).granted, 1);
    }),
  );

  it(
    'grants a budget nobody asked for a day as a new one',
    withQuotas(async ({ quotas, pass }) => {
      await askOne(quotas);
      await askOne(quotas, { asker: 'gone' });
      pass(24 * HOUR_MS);
      assert.deepEqual(await askOne(quotas, { budgets: [HOURLY] }), {
        granted: 1,
        retryAfterMs: 0,
        left: [{ key: 'hourly', left: 0 }],
      });
    }),
  );
}
