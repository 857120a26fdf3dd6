import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryQuotaData, MemoryQuotaStore } from '@penstock/adapter-memory';
import type { QuotaStore } from '@penstock/ports';
import { LoneQuotaStore } from './quotas/lone-quota-store.ts';
import { SchedulerRig } from './scheduler-rig.spec.ts';

const SLOW = `
[provider."slow"]
match = [{ DomainSuffix = "slow.example" }]
max_message_rate = "60/hour"
`;
const KEY = 'ip-1|provider:slow|hour';
/** An hour and the longest time from grant to `RCPT`, over the limit. */
const INTERVAL_MS = (3_600_000 + 5_000 + 60_000 + 600_000) / 60;

class BudgetRig extends SchedulerRig {
  readonly budgets = new MemoryQuotaData();
  asks = 0;

  constructor() {
    super();
    this.policy(SLOW);
    const store = new MemoryQuotaStore(() => this.time.monotonicMs, this.budgets);
    this.quotas = this.counted(store);
  }

  released(): number {
    return this.types().filter((type) => type === 'released').length;
  }

  private counted(store: QuotaStore): QuotaStore {
    return {
      ask: (requests) => {
        this.asks += 1;
        return store.ask(requests);
      },
      leave: (asker, keys) => store.leave(asker, keys),
    };
  }
}

const HANGS: QuotaStore = { ask: () => new Promise<never>(() => {}), leave: async () => {} };
const AWAY: QuotaStore = {
  ask: () => Promise.reject(new Error('away')),
  leave: () => Promise.reject(new Error('away')),
};

describe('a scheduler with budgets', () => {
  it('releases mail at the rate of its budget, and asks the store no more often than it was told to', async () => {
    const rig = new BudgetRig();
    await rig.start();
    for (let i = 0; i < 4; i++) await rig.mail({ domain: 'slow.example' });
    assert.equal(rig.released(), 1);
    await rig.time.pass(INTERVAL_MS - 10);
    assert.equal(rig.released(), 1);
    await rig.time.pass(3 * INTERVAL_MS);
    assert.equal(rig.released(), 4);
    assert.ok(rig.asks <= 8, `${rig.asks} questions`);
    const released = rig.events().flatMap((fact) => (fact.type === 'released' ? [fact.body.decision.budgets] : []));
    assert.deepEqual(released[0], [{ key: KEY, left: 0 }]);
  });

  it('makes no other mail wait for the store', async () => {
    const rig = new BudgetRig();
    rig.quotas = HANGS;
    await rig.start();
    await rig.mail({ domain: 'slow.example' });
    const free = [await rig.mail(), await rig.mail()];
    assert.deepEqual(
      rig.commanded(),
      free.map((id) => `${id}/1`),
    );
  });

  it('holds what needs a budget while the store is away, and goes on when it is back', async () => {
    const rig = new BudgetRig();
    const store = rig.quotas;
    let away = true;
    rig.quotas = {
      ask: (requests) => (away ? AWAY : store).ask(requests),
      leave: (asker, keys) => store.leave(asker, keys),
    };
    await rig.start();
    await rig.mail({ domain: 'slow.example' });
    await rig.time.pass(30_000);
    assert.equal(rig.released(), 0);
    assert.ok(rig.logged.includes('quota_store_away'));
    away = false;
    await rig.time.pass(6_000);
    assert.equal(rig.released(), 1);
  });

  it('gives up its places when it stops', async () => {
    const rig = new BudgetRig();
    const life = await rig.start();
    await rig.mail({ domain: 'slow.example' });
    await rig.mail({ domain: 'slow.example' });
    assert.equal(rig.budgets.budgets.get(KEY)?.waiters.size, 1);
    await life.stop();
    assert.equal(rig.budgets.budgets.get(KEY)?.waiters.size, 0);
  });

  it('that dies between grant and release has spent the token', async () => {
    const rig = new BudgetRig();
    await rig.mail({ domain: 'slow.example' });
    const dying = await rig.start({
      beforeStore: ({ records }) =>
        records.some(({ type }) => type === 'released') ? new Promise<never>(() => {}) : Promise.resolve(),
    });
    dying.crash();
    await rig.start();
    await rig.time.pass(INTERVAL_MS - 10);
    assert.equal(rig.released(), 0);
    await rig.time.pass(10_000);
    assert.equal(rig.released(), 1);
  });

  it('in memory grants nothing in full where others own partitions too', async () => {
    const store = new LoneQuotaStore(new MemoryQuotaStore(() => 0), () => ({ owned: 1, all: 4 }));
    await assert.rejects(store.ask([]), /PENSTOCK_REDIS_URL/);
  });
});
