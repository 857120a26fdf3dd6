/** The conformance suites on a real Redis: `node --test test/dist/conformance/redis.real.js`. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { RedisQuotaStore, RedisReadModels } from '@penstock/adapter-redis';
import { keyedStoreConformance, quotaStoreConformance, readModelsConformance } from '@penstock/testing';
import { connect, findRedis, type RealRedis } from './real-redis.ts';

let redis: RealRedis | undefined;

before(async () => {
  redis = await findRedis();
});

after(async () => {
  await redis?.close();
});

/** Keys of its own for each test: nothing is there at its start, and the server may be somebody's. */
function connectApart(prefix = `test-${randomUUID()}`) {
  if (!redis) throw new Error('there is no Redis');
  return connect(redis.url, { prefix });
}

async function openModels() {
  let connection = await connectApart();
  let models = new RedisReadModels(connection);
  return {
    get models() {
      return models;
    },
    get stores() {
      return models;
    },
    reopen: async () => {
      await connection.close();
      connection = await connectApart(connection.prefix);
      models = new RedisReadModels(connection);
    },
    close: () => connection.close(),
  };
}

describe('a model in Redis', () => {
  it('takes a checkpoint of a hundred thousand rows in one write', async () => {
    const { models, close } = await openModels();
    const model = await models.open('deliveries');
    const puts = Array.from({ length: 100_000 }, (_, i) => ({ key: `d/${i}`, value: i }));
    await model.write({ puts, positions: new Map([['mail.events-0', 100_000]]) });
    assert.equal((await model.range({ from: 'd', to: 'e', limit: 200_000 })).length, 100_000);
    await models.discard('deliveries');
    await close();
  });
});

keyedStoreConformance('Redis', openModels);
readModelsConformance('Redis', openModels);

quotaStoreConformance('Redis', async () => {
  let nowMs = Date.UTC(2026, 0);
  const options = { nowUs: () => nowMs * 1000 };
  let connection = await connectApart();
  let quotas = new RedisQuotaStore(connection, options);
  const reconnect = async (prefix?: string) => {
    await connection.close();
    connection = await connectApart(prefix);
    quotas = new RedisQuotaStore(connection, options);
  };
  return {
    quotas: { ask: (requests) => quotas.ask(requests), leave: (asker, keys) => quotas.leave(asker, keys) },
    pass: (ms) => {
      nowMs += ms;
    },
    // Another prefix holds nothing, as a flushed server would; the whole server is flushed in redis-loss.real.ts.
    flush: () => reconnect(),
    reopen: () => reconnect(connection.prefix),
    close: () => connection.close(),
  };
});
