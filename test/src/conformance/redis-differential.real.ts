/** Any sequence of asks, time, loss and forgotten scripts must read the same from Redis and from the memory twin. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { MemoryKeyedStore, MemoryQuotaData, MemoryQuotaStore } from '@penstock/adapter-memory';
import { type RedisConnection, RedisQuotaStore, RedisReadModels } from '@penstock/adapter-redis';
import type { Budget, JsonValue, KeyedChange, KeyedStore, QuotaRequest, QuotaStore, RangeQuery } from '@penstock/ports';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { connect, findRedis, type RealRedis } from './real-redis.ts';

const RUNS = 60;

let redis: RealRedis;
/** Beside the adapter: what an operator might do to the server. */
let operator: Redis;

before(async () => {
  redis = await findRedis();
  operator = new Redis(redis.url);
});

after(async () => {
  operator?.disconnect();
  await redis?.close();
});

async function forget(connection: RedisConnection): Promise<void> {
  const keys = await operator.keys(`${connection.prefix}:*`);
  if (keys.length > 0) await operator.unlink(...keys);
}

async function withConnection(body: (connection: RedisConnection) => Promise<void>): Promise<void> {
  const connection = await connect(redis.url, { prefix: `test-${randomUUID()}` });
  try {
    await body(connection);
    await forget(connection);
  } finally {
    await connection.close();
  }
}

/** Both stores of a budget, and the clock that both read. */
interface TwoQuotas {
  nowMs: number;
  data: MemoryQuotaData;
  memory: QuotaStore;
  readonly real: QuotaStore;
  readonly connection: RedisConnection;
}

type Step = { readonly text: string; run(two: TwoQuotas): Promise<void> };

const budgets: fc.Arbitrary<Budget> = fc.record({
  key: fc.constantFrom('a', 'b', 'warm-up|ip-1', 'ü😀'),
  limit: fc.constantFrom(1, 7, 120, 7_200, 100_000),
  periodMs: fc.constantFrom(60_000, 3_600_000),
  grantToRcptMs: fc.constantFrom(0, 665_000),
  burst: fc.constantFrom(1, 5, 40),
});

const requests: fc.Arbitrary<QuotaRequest> = fc.record({
  asker: fc.constantFrom('mail.events-0', 'mail.events-1', 'mail.events-10', 'x:y', 'full'),
  budgets: fc.uniqueArray(budgets, { minLength: 1, maxLength: 3, selector: ({ key }) => key }),
  wanted: fc.integer({ min: 1, max: 60 }),
  rank: fc.record({
    class: fc.constantFrom('transactional' as const, 'bulk' as const),
    engagement: fc.constantFrom(0, 0.5, 1),
    since: fc.integer({ min: 0, max: 3 }),
  }),
});

const asks: fc.Arbitrary<Step> = fc.array(requests, { minLength: 1, maxLength: 4 }).map((all) => ({
  text: `ask ${JSON.stringify(all)}`,
  run: async (two) => assert.deepEqual(await two.real.ask(all), await two.memory.ask(all)),
}));

const passes: fc.Arbitrary<Step> = fc
  .oneof(
    fc.constantFrom(0, 500, 1_500),
    fc.integer({ min: 0, max: 2_000 }),
    fc.integer({ min: 0, max: 4_000_000 }),
    fc.constant(-86_400_000),
  )
  .map((ms) => ({
    text: `${ms} ms pass`,
    run: async (two) => {
      two.nowMs += ms;
    },
  }));

const leaves: fc.Arbitrary<Step> = fc.tuple(requests, budgets).map(([{ asker }, { key }]) => ({
  text: `${asker} leaves ${key}`,
  run: async (two) => {
    await two.real.leave(asker, [key]);
    await two.memory.leave(asker, [key]);
  },
}));

const losses: fc.Arbitrary<Step> = fc.constantFrom(
  {
    text: 'all is lost',
    run: async (two: TwoQuotas) => {
      await forget(two.connection);
      two.data.budgets.clear();
    },
  },
  {
    text: 'the scripts are lost',
    run: async () => {
      await operator.script('FLUSH', 'SYNC');
    },
  },
);

const histories = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: asks },
    { weight: 8, arbitrary: passes },
    { weight: 2, arbitrary: leaves },
    { weight: 1, arbitrary: losses },
  ),
  { minLength: 5, maxLength: 60 },
);

describe('Redis beside the memory twin', () => {
  it('answers the same to any history of asks, waits, leaves, losses and clocks set back', async () => {
    await fc.assert(
      fc.asyncProperty(histories, (steps) =>
        withConnection(async (connection) => {
          const data = new MemoryQuotaData();
          const start = Date.UTC(2026, 0);
          const two: TwoQuotas = {
            nowMs: start,
            data,
            memory: new MemoryQuotaStore(() => two.nowMs, data),
            real: new RedisQuotaStore(connection, { nowUs: () => two.nowMs * 1000 }),
            connection,
          };
          for (const step of steps) await step.run(two);
        }),
      ),
      { numRuns: RUNS },
    );
  });

  it('keeps the same rows, counts and positions after any history of writes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(changes, { maxLength: 25 }), fc.array(ranges, { maxLength: 5 }), (written, asked) =>
        withConnection(async (connection) => {
          const real = await new RedisReadModels(connection).open('model');
          const memory = new MemoryKeyedStore();
          for (const change of written) {
            await real.write(change);
            await memory.write(change);
          }
          await assertSame(real, memory, asked);
        }),
      ),
      { numRuns: RUNS },
    );
  });
});

/** Code units around what Redis, UTF-8 and patterns find special. */
const keys = fc
  .array(
    fc.constantFrom('a', 'b', ':', '\u0000', '"', '\u007f', 'ü', '\ud7fe', '\ud7ff', '\ud83d', '\ude00', '\uffff'),
    {
      maxLength: 3,
    },
  )
  .map((units) => units.join(''));

const counted = fc.constantFrom('row', 'ro', 'rows');
const names = fc.constantFrom('n', 'a"b', 'ü\u0000', 'x.y/z');
const whole = fc.integer({ min: -(2 ** 45), max: 2 ** 45 });

/** Rows are put as any JSON; those that are counted hold whole numbers, as every count is one. */
const puts = fc.oneof(
  fc.record({ key: keys, value: fc.jsonValue() as fc.Arbitrary<JsonValue> }),
  fc.record({ key: counted, value: fc.dictionary(names, whole, { noNullPrototype: true }) }),
);

const changes: fc.Arbitrary<KeyedChange> = fc.record({
  puts: fc.array(puts, { maxLength: 5 }),
  deletes: fc.array(fc.oneof(keys, counted), { maxLength: 2 }),
  increments: fc.array(
    fc.record({ key: counted, fields: fc.dictionary(names, whole, { minKeys: 1, noNullPrototype: true }) }),
    { maxLength: 3 },
  ),
  positions: fc
    .dictionary(fc.constantFrom('mail.events-0', 'mail.events-1'), fc.nat(2 ** 31), { noNullPrototype: true })
    .map((positions) => new Map(Object.entries(positions))),
});

const ranges: fc.Arbitrary<RangeQuery> = fc.record({
  from: keys,
  to: keys,
  limit: fc.nat(6),
  descending: fc.boolean(),
});

async function assertSame(real: KeyedStore, memory: KeyedStore, asked: readonly RangeQuery[]): Promise<void> {
  const everything: RangeQuery = { from: '', to: '\uffff\uffff\uffff\uffff', limit: 1_000 };
  for (const query of [everything, ...asked]) assert.deepEqual(await real.range(query), await memory.range(query));
  for (const key of ['row', 'ro', 'a', '']) assert.deepEqual(await real.get(key), await memory.get(key));
  assert.deepEqual(new Map([...(await real.positions())].sort()), new Map([...(await memory.positions())].sort()));
}
