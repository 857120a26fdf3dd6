/** What a Redis that is flushed, restarted, killed or stopped costs; each test by its own server and the true clock. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type RedisConnection, RedisQuotaStore, RedisReadModels } from '@penstock/adapter-redis';
import { systemClock, systemTimers } from '@penstock/adapter-system';
import type { Budget, QuotaRequest, QuotaStore } from '@penstock/ports';
import { CautiousQuotaStore } from '@penstock/scheduler';
import { Redis } from 'ioredis';
import { connect, type OwnRedis, startOwnRedis } from './real-redis.ts';

const BUDGET: Budget = { key: 'hour', limit: 40, periodMs: 1_000, grantToRcptMs: 250, burst: 4 };
const WINDOW_MS = BUDGET.periodMs + BUDGET.grantToRcptMs;
const ASKERS = 3;
/** Asks in vain that a run may take; more, and it does not go on. */
const MOST_FAILURES = 2_000;

let redis: OwnRedis;
let connection: RedisConnection;

beforeEach(async () => {
  redis = await startOwnRedis();
  connection = await connect(redis.url, { prefix: `test-${randomUUID()}`, commandTimeoutMs: 200 });
});

afterEach(async () => {
  await connection?.close();
  await redis?.close();
});

function request(asker: string): QuotaRequest {
  return { asker, budgets: [BUDGET], wanted: 2, rank: { class: 'bulk', engagement: 0, since: 0 } };
}

/** A token: it was granted after the first and before the second of these monotonic times. */
interface Grant {
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** Several askers, each whenever it is told to; while the store does not answer they try again a little later. */
class Run {
  readonly grants: Grant[] = [];
  failures = 0;

  constructor(
    private readonly quotas: QuotaStore,
    private readonly total: number,
  ) {}

  async finish(disturbances: ReadonlyMap<number, () => Promise<void>> = new Map()): Promise<void> {
    const left = new Map(disturbances);
    const disturb = async () => {
      for (const [after, act] of left) {
        if (this.grants.length < after) continue;
        left.delete(after);
        await act();
      }
    };
    await Promise.all(Array.from({ length: ASKERS }, (_, i) => this.ask(`mail.events-${i}`, disturb)));
    assert.equal(left.size, 0);
  }

  /** More than `most` in a window of the budget. Load makes the times it knows later, never the window shorter. */
  assertAtMost(most: number): void {
    const sorted = [...this.grants].sort((a, b) => a.answeredAt - b.answeredAt);
    for (const [i, { askedAt }] of sorted.entries()) {
      const next = sorted[i + most];
      if (next) assert.ok(next.answeredAt - askedAt >= WINDOW_MS, `more than ${most} in ${WINDOW_MS} ms`);
    }
  }

  private async ask(asker: string, disturb: () => Promise<void>): Promise<void> {
    while (this.grants.length < this.total) {
      await systemTimers.sleep(await this.askOnce(asker));
      await disturb();
    }
  }

  /** Resolves to how long to wait. */
  private async askOnce(asker: string): Promise<number> {
    const askedAt = systemClock.monotonic();
    try {
      const [answer] = await this.quotas.ask([request(asker)]);
      const answeredAt = systemClock.monotonic();
      for (let i = 0; i < (answer?.granted ?? 0); i++) this.grants.push({ askedAt, answeredAt });
      return answer?.retryAfterMs ?? 0;
    } catch {
      this.failures += 1;
      assert.ok(this.failures < MOST_FAILURES, 'the store does not come back');
      return 10;
    }
  }
}

async function withOperator(act: (operator: Redis) => Promise<unknown>): Promise<void> {
  const operator = new Redis(redis.url);
  try {
    await act(operator);
  } finally {
    operator.disconnect();
  }
}

async function untilReady(): Promise<void> {
  for (let turn = 0; turn < 2_000 && !connection.ready; turn++) await systemTimers.sleep(10);
  assert.ok(connection.ready);
}

const burst = BUDGET.burst ?? 1;

describe('a Redis that loses what it knew', () => {
  it('keeps the limit to the token while nothing happens', async () => {
    const run = new Run(new RedisQuotaStore(connection), 120);
    await run.finish();
    run.assertAtMost(BUDGET.limit);
    assert.equal(run.failures, 0);
  });

  it('costs one burst when all is flushed in mid-run, and the askers go on', async () => {
    const run = new Run(new RedisQuotaStore(connection), 120);
    await run.finish(new Map([[60, () => withOperator((operator) => operator.flushall())]]));
    run.assertAtMost(BUDGET.limit + burst);
    assert.equal(run.failures, 0);
  });

  it('costs nothing when its scripts are flushed', async () => {
    const run = new Run(new RedisQuotaStore(connection), 120);
    await run.finish(new Map([[60, () => withOperator((operator) => operator.script('FLUSH', 'SYNC'))]]));
    run.assertAtMost(BUDGET.limit);
    assert.equal(run.failures, 0);
  });

  it('costs nothing when it is restarted, and asks fail at once meanwhile', async () => {
    const run = new Run(new RedisQuotaStore(connection), 100);
    const restart = async () => {
      await redis.server.stop();
      await redis.server.start();
    };
    await run.finish(new Map([[50, restart]]));
    run.assertAtMost(BUDGET.limit);
    assert.ok(run.failures > 0);
  });

  it('costs one burst at most when it is killed', async () => {
    const run = new Run(new RedisQuotaStore(connection), 100);
    const restart = async () => {
      await redis.server.kill();
      await redis.server.start();
    };
    await run.finish(new Map([[50, restart]]));
    run.assertAtMost(BUDGET.limit + burst);
  });

  it('costs nothing when it stands still: asks fail, those after the first at once, until it goes on', async () => {
    const quotas = new RedisQuotaStore(connection);
    const run = new Run(quotas, 100);
    const pause = async () => {
      redis.server.pause();
      await assert.rejects(quotas.ask([request('slow')]));
      for (let i = 0; i < 100; i++) await assert.rejects(quotas.ask([request('fast')]), /Redis is away/);
      redis.server.resume();
      await untilReady();
    };
    await run.finish(new Map([[50, pause]]));
    run.assertAtMost(BUDGET.limit);
  });
});

describe('budgets whose Redis goes away', () => {
  it('are held, then kept by share, then the store’s again', async () => {
    let nowMs = 0;
    const quotas = new CautiousQuotaStore({
      store: new RedisQuotaStore(connection),
      clock: { monotonic: () => nowMs },
      telemetry: { log: () => {} },
      share: () => ({ owned: 8, all: 32 }),
    });
    const ask = async () => (await quotas.ask([request('mail.events-0')]))[0];
    assert.equal((await ask())?.granted, 2);
    await redis.server.kill();
    assert.deepEqual(await ask(), { granted: 0, retryAfterMs: 5_000, left: [{ key: 'hour', left: 0 }] });
    nowMs += 60_000;
    assert.equal((await ask())?.granted, 0);
    // 40 × 8 ÷ 32 × ½ = 5 in a window of 1,250 ms, 4 of them in a second: 625 ms between two, begun empty.
    nowMs += 625;
    assert.equal((await ask())?.granted, 1);
    await redis.server.start();
    await untilReady();
    assert.equal((await ask())?.granted, 2);
  });
});

describe('read models whose Redis is killed', () => {
  it('count each record once, since rows and positions come back together', async () => {
    const records = 400;
    const model = await new RedisReadModels(connection).open('counters');
    const position = async () => (await model.positions()).get('mail.events-0') ?? 0;
    let killed = false;
    let next = 0;
    for (let turn = 0; turn < 20_000 && next < records; turn++) {
      try {
        if (!connection.ready) await untilReady();
        next = await position();
        if (next >= records) break;
        const positions = new Map([['mail.events-0', next + 1]]);
        const writing = model.write({ increments: [{ key: 'delivered', fields: { count: 1 } }], positions });
        if (!killed && next === records / 2) {
          killed = true;
          await Promise.allSettled([writing, redis.server.kill()]);
          await redis.server.start();
        }
        await writing;
      } catch {
        // Whether it was written is told by the position.
      }
    }
    assert.ok(killed);
    assert.equal(await position(), records);
    assert.deepEqual(await model.get('delivered'), { count: records });
  });
});
