import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { QuotaRank, QuotaStore } from '@penstock/ports';
import { askOne, FAST, HOURLY, HOURLY_INTERVAL_MS, type WithQuotas } from './quota-store-conformance.ts';

const TURN_LASTS_MS = 1_000;

const RANKS: Readonly<Record<string, QuotaRank>> = {
  password: { class: 'transactional', engagement: 0.1, since: 9_000 },
  receipt: { class: 'transactional', engagement: 0.1, since: 9_001 },
  friend: { class: 'bulk', engagement: 0.9, since: 8_000 },
  older: { class: 'bulk', engagement: 0.2, since: 1_000 },
  younger: { class: 'bulk', engagement: 0.2, since: 1_001 },
};
const BEST_FIRST = ['password', 'receipt', 'friend', 'older', 'younger'];

async function ask(quotas: QuotaStore, asker: string, key = HOURLY.key) {
  const rank = RANKS[asker];
  return askOne(quotas, { asker, budgets: [{ ...HOURLY, key }], ...(rank && { rank }) });
}

/** What a QuotaStore promises to those it refuses, as tests. */
export function quotaQueuesConform(withQuotas: WithQuotas): void {
  orderConforms(withQuotas);
  placesConform(withQuotas);
  tokensConform(withQuotas);
}

function orderConforms(withQuotas: WithQuotas): void {
  it(
    'serves the refused by class, then engagement, then age, each when it was told to come',
    withQuotas(async ({ quotas, pass }) => {
      await ask(quotas, 'first');
      for (const asker of [...BEST_FIRST].reverse()) assert.equal((await ask(quotas, asker)).granted, 0);
      for (const asker of BEST_FIRST) {
        pass(HOURLY_INTERVAL_MS);
        for (const other of BEST_FIRST.slice(BEST_FIRST.indexOf(asker) + 1)) {
          assert.equal((await ask(quotas, other)).granted, 0, `${other} before ${asker}`);
        }
        assert.equal((await ask(quotas, asker)).granted, 1, asker);
      }
    }),
  );

  it(
    'tells each its own turn, later only by as much as those before it were late',
    withQuotas(async ({ quotas, pass }) => {
      await ask(quotas, 'first');
      const turns: number[] = [];
      for (const asker of BEST_FIRST) turns.push((await ask(quotas, asker)).retryAfterMs);
      let now = 0;
      for (const [i, asker] of BEST_FIRST.entries()) {
        pass((turns[i] ?? 0) - now);
        now = turns[i] ?? 0;
        const answer = await ask(quotas, asker);
        assert.ok(answer.retryAfterMs <= i, `${asker} at ${now}`);
        pass(answer.retryAfterMs);
        now += answer.retryAfterMs;
        if (answer.granted === 0) assert.equal((await ask(quotas, asker)).granted, 1, `${asker} at ${now}`);
      }
    }),
  );
}

function placesConform(withQuotas: WithQuotas): void {
  it(
    'keeps a token for the head of the queue, and passes it on when the head does not come',
    withQuotas(async ({ quotas, pass }) => {
      await ask(quotas, 'first');
      const { retryAfterMs } = await ask(quotas, 'password');
      await ask(quotas, 'older');
      pass(retryAfterMs + TURN_LASTS_MS - 1);
      assert.equal((await ask(quotas, 'older', 'hourly')).granted, 0);
      pass(1);
      assert.equal((await ask(quotas, 'older', 'hourly')).granted, 1);
    }),
  );

  it(
    'frees the place of who leaves',
    withQuotas(async ({ quotas, pass }) => {
      await ask(quotas, 'first');
      await ask(quotas, 'password');
      await ask(quotas, 'older');
      await quotas.leave('password', [HOURLY.key, 'never asked']);
      await quotas.leave('nobody', []);
      pass(HOURLY_INTERVAL_MS);
      assert.equal((await ask(quotas, 'older')).granted, 1);
    }),
  );

  it(
    'fills the turn of who leaves, and who was told to come later still comes then',
    withQuotas(async ({ quotas, pass }) => {
      await ask(quotas, 'first');
      await ask(quotas, 'older');
      assert.ok((await ask(quotas, 'younger')).retryAfterMs > HOURLY_INTERVAL_MS);
      await quotas.leave('older', [HOURLY.key]);
      const rank = { class: 'bulk', engagement: 0.2, since: 1_002 } as const;
      const latest = { asker: 'latest', budgets: [HOURLY], rank };
      assert.equal((await askOne(quotas, latest)).retryAfterMs, HOURLY_INTERVAL_MS);
      pass(HOURLY_INTERVAL_MS);
      assert.equal((await askOne(quotas, latest)).granted, 1);
      assert.equal((await ask(quotas, 'younger')).granted, 0);
      pass(HOURLY_INTERVAL_MS);
      assert.equal((await ask(quotas, 'younger')).granted, 1);
    }),
  );

  it(
    'frees the place of who is granted',
    withQuotas(async ({ quotas, pass }) => {
      await ask(quotas, 'first');
      await ask(quotas, 'password');
      pass(HOURLY_INTERVAL_MS);
      assert.equal((await ask(quotas, 'password')).granted, 1);
      pass(HOURLY_INTERVAL_MS);
      assert.equal((await ask(quotas, 'older')).granted, 1);
    }),
  );
}

function tokensConform(withQuotas: WithQuotas): void {
  it(
    'lets others have what those ahead do not need',
    withQuotas(async ({ quotas, pass }) => {
      const budgets = [FAST];
      await askOne(quotas, { asker: 'first', budgets, wanted: 10 });
      assert.equal((await askOne(quotas, { asker: 'password', budgets, wanted: 2, ...head() })).granted, 0);
      pass(600);
      const behind = await askOne(quotas, { asker: 'older', budgets, wanted: 10 });
      assert.equal(behind.granted, 3);
      assert.equal((await askOne(quotas, { asker: 'password', budgets, wanted: 2, ...head() })).granted, 2);
    }),
  );

  it(
    'keeps a place only where the wait is longest',
    withQuotas(async ({ quotas, pass }) => {
      const slow = { ...HOURLY, key: 'slow', limit: 3_600 };
      await askOne(quotas, { asker: 'first', budgets: [HOURLY, slow] });
      const both = await askOne(quotas, { asker: 'password', budgets: [HOURLY, slow], ...head() });
      assert.equal(both.waitsFor, 'slow');
      pass(HOURLY_INTERVAL_MS);
      assert.equal((await ask(quotas, 'older')).granted, 1);
      pass(both.retryAfterMs - HOURLY_INTERVAL_MS + 1);
      assert.equal((await askOne(quotas, { asker: 'older', budgets: [slow] })).granted, 0);
      assert.equal((await askOne(quotas, { asker: 'password', budgets: [HOURLY, slow], ...head() })).granted, 1);
    }),
  );
}

function head(): { readonly rank?: QuotaRank } {
  const { password } = RANKS;
  return password ? { rank: password } : {};
}
