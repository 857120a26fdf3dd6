import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryQuotaData, MemoryQuotaStore } from '@penstock/adapter-memory';
import type { Budget, QuotaAnswer, QuotaRequest, QuotaStore } from '@penstock/ports';
import { CautiousQuotaStore } from './cautious-quota-store.ts';

const HOUR_MS = 3_600_000;
const BUDGET: Budget = { key: 'provider:gmail|ip-1|hour', limit: 1_440, periodMs: HOUR_MS, grantToRcptMs: 0 };
const REQUEST: QuotaRequest = {
  asker: 'mail.events-0',
  budgets: [BUDGET],
  wanted: 1,
  rank: { class: 'bulk', engagement: 0, since: 0 },
};

/** A store behind a wire that can be cut or made slow, and a clock that only moves when told. */
class Rig {
  nowMs = 1_000;
  cut = false;
  asked = 0;
  share = { owned: 8, all: 32 };
  readonly events: string[] = [];
  /** Settles the asks that wait on a slow wire. */
  readonly pending: (() => void)[] = [];
  slow = false;
  private readonly behind = new MemoryQuotaStore(() => this.nowMs, new MemoryQuotaData());
  readonly quotas = new CautiousQuotaStore({
    store: this.wire(),
    clock: { monotonic: () => this.nowMs },
    telemetry: { log: (_, event) => this.events.push(event) },
    share: () => this.share,
  });

  async ask(given: Partial<QuotaRequest> = {}): Promise<QuotaAnswer> {
    const [answer] = await this.quotas.ask([{ ...REQUEST, ...given }]);
    assert.ok(answer);
    return answer;
  }

  /** Asks whenever it is told to, for so long; the times of the grants. */
  async askFor(durationMs: number): Promise<readonly number[]> {
    const grants: number[] = [];
    const end = this.nowMs + durationMs;
    while (this.nowMs < end) {
      const { granted, retryAfterMs } = await this.ask();
      for (let i = 0; i < granted; i++) grants.push(this.nowMs);
      this.nowMs += granted > 0 ? 0 : Math.max(1, retryAfterMs);
    }
    return grants;
  }

  private wire(): QuotaStore {
    return {
      ask: async (requests) => {
        this.asked += 1;
        if (this.slow) await new Promise<void>((resolve) => this.pending.push(resolve));
        if (this.cut) throw new Error('away');
        return this.behind.ask(requests);
      },
      leave: async (asker, keys) => {
        if (this.cut) throw new Error('away');
        await this.behind.leave(asker, keys);
      },
    };
  }
}

describe('budgets whose store may go away', () => {
  it('are the store’s while it answers', async () => {
    const rig = new Rig();
    assert.equal((await rig.ask()).granted, 1);
    assert.deepEqual(await rig.ask(), {
      granted: 0,
      retryAfterMs: 2_500,
      waitsFor: BUDGET.key,
      left: [{ key: BUDGET.key, left: 0 }],
    });
    assert.deepEqual(rig.events, []);
  });

  it('grant nothing for 60 s, and look every 5 s whether the store is back', async () => {
    const rig = new Rig();
    rig.cut = true;
    assert.deepEqual(await rig.ask(), { granted: 0, retryAfterMs: 5_000, left: [{ key: BUDGET.key, left: 0 }] });
    assert.equal((await rig.askFor(59_000)).length, 0);
    assert.equal(rig.asked, 13);
    assert.deepEqual(rig.events, ['quota_store_away']);
  });

  it('grant half of the share of the owned partitions after that, beginning empty', async () => {
    const rig = new Rig();
    rig.cut = true;
    await rig.askFor(60_000);
    const from = rig.nowMs;
    // 1,440 an hour × 8 ÷ 32 × ½ = 180 an hour, one in 20 s.
    const grants = await rig.askFor(HOUR_MS);
    assert.ok(grants.length >= 179 && grants.length <= 180, `${grants.length}`);
    assert.ok((grants[0] ?? 0) >= from + 20_000);
    assert.deepEqual(rig.events, ['quota_store_away', 'quota_store_replaced_by_share']);
  });

  it('grant nothing without the store where the share is less than one, or nothing is owned', async () => {
    for (const [limit, owned] of [
      [7, 8],
      [1_440, 0],
    ] as const) {
      const rig = new Rig();
      rig.cut = true;
      rig.share = { owned, all: 32 };
      await rig.askFor(60_000);
      rig.nowMs += 24 * HOUR_MS;
      const answer = await rig.ask({ budgets: [{ ...BUDGET, limit }] });
      assert.deepEqual(answer, { granted: 0, retryAfterMs: 5_000, left: [{ key: BUDGET.key, left: 0 }] });
    }
  });

  it('begin empty again when the share changes', async () => {
    const rig = new Rig();
    rig.cut = true;
    await rig.askFor(60_000 + 21_000);
    rig.nowMs += HOUR_MS;
    rig.share = { owned: 16, all: 32 };
    assert.equal((await rig.ask()).granted, 0);
    rig.nowMs += 10_000;
    assert.equal((await rig.ask()).granted, 1);
  });

  it('are the store’s again as soon as it answers', async () => {
    const rig = new Rig();
    rig.cut = true;
    await rig.askFor(60_000 + HOUR_MS);
    rig.cut = false;
    assert.equal((await rig.ask()).granted, 1);
    assert.equal((await rig.ask()).waitsFor, BUDGET.key);
    rig.cut = true;
    assert.equal((await rig.askFor(60_000)).length, 0, 'the hold begins anew');
    assert.ok(rig.events.includes('quota_store_back'));
  });

  it('pass the limit by no more than one burst in any hour, however the store comes and goes', async () => {
    const rig = new Rig();
    rig.share = { owned: 32, all: 32 };
    const grants: number[] = [];
    for (let round = 0; round < 40; round++) {
      rig.cut = round % 2 === 1;
      grants.push(...(await rig.askFor([30_000, 90_000, 600_000, 10_000][round % 4] ?? 0)));
    }
    for (const [i, at] of grants.entries()) {
      const within = grants.slice(i).filter((later) => later - at < HOUR_MS).length;
      assert.ok(within <= BUDGET.limit + 1, `${within} from ${at} on`);
    }
  });

  it('do not wait for a store that stands still: one asks it, the others are answered', async () => {
    const rig = new Rig();
    rig.cut = true;
    await rig.ask();
    rig.slow = true;
    const asked = rig.asked;
    const probing = rig.ask();
    for (let i = 0; i < 5; i++) assert.equal((await rig.ask()).granted, 0);
    assert.equal(rig.asked, asked + 1);
    for (const settle of rig.pending) settle();
    assert.equal((await probing).granted, 0);
  });

  it('let a grant lapse that took too long to come', async () => {
    const rig = new Rig();
    rig.slow = true;
    const waiting = rig.ask();
    rig.nowMs += 5_000;
    for (const settle of rig.pending) settle();
    assert.deepEqual(await waiting, { granted: 0, retryAfterMs: 0, left: [{ key: BUDGET.key, left: 0 }] });
  });

  it('refuse what no store can answer, as the store would', async () => {
    const rig = new Rig();
    await assert.rejects(rig.ask({ wanted: 0 }), RangeError);
    await assert.rejects(rig.ask({ budgets: [{ ...BUDGET, limit: 0 }] }), RangeError);
    assert.deepEqual(rig.events, []);
  });

  it('give up a place where there is a store or a share, and do not fail where there is none', async () => {
    const rig = new Rig();
    await rig.ask();
    const better = { asker: 'better', rank: { class: 'transactional', engagement: 1, since: 0 } } as const;
    await rig.ask(better);
    await rig.quotas.leave('better', [BUDGET.key]);
    rig.nowMs += 2_500;
    assert.equal((await rig.ask()).granted, 1);
    rig.cut = true;
    await rig.quotas.leave('better', [BUDGET.key]);
    assert.deepEqual(rig.events, ['quota_store_away']);
    await rig.askFor(60_000);
    await rig.ask(better);
    await rig.quotas.leave('better', [BUDGET.key]);
    rig.nowMs += 20_000;
    assert.equal((await rig.ask()).granted, 1);
  });
});
