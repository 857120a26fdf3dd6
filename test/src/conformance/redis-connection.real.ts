/** How a connection to a real Redis is made, refused and made again: TLS, passwords, few rights, no server yet. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openRedis, type RedisConnection, RedisQuotaStore, RedisReadModels } from '@penstock/adapter-redis';
import { systemTimers } from '@penstock/adapter-system';
import { Redis } from 'ioredis';
import { generate } from 'selfsigned';
import { type OwnRedis, startOwnRedis } from './real-redis.ts';

const REQUEST = {
  asker: 'mail.events-0',
  budgets: [{ key: 'hour', limit: 3_600_000, periodMs: 3_600_000, grantToRcptMs: 0 }],
  wanted: 1,
  rank: { class: 'bulk', engagement: 0, since: 0 },
} as const;

let redis: OwnRedis;
let operator: Redis;
const events: string[] = [];
const telemetry = { log: (_: string, event: string) => void events.push(event) };
const connections: RedisConnection[] = [];

beforeEach(async () => {
  events.length = 0;
  redis = await startOwnRedis();
  operator = new Redis(redis.url);
  operator.on('error', () => {});
});

afterEach(async () => {
  for (const connection of connections.splice(0)) await connection.close();
  operator.disconnect();
  await redis.close();
});

async function open(url: string, options: Partial<Parameters<typeof openRedis>[0]> = {}): Promise<RedisConnection> {
  const connection = await openRedis({ url, telemetry, connectWithinMs: 10_000, ...options });
  connections.push(connection);
  return connection;
}

function withUser(user: string, password: string): string {
  const url = new URL(redis.url);
  url.username = user;
  url.password = password;
  return url.href;
}

async function use(connection: RedisConnection): Promise<void> {
  await connection.ping();
  const quotas = new RedisQuotaStore(connection);
  const [answer] = await quotas.ask([REQUEST]);
  assert.equal(answer?.granted, 1);
  await quotas.leave('mail.events-0', ['hour']);
  const models = new RedisReadModels(connection);
  const model = await models.open('beside');
  await model.write({
    puts: [{ key: 'a', value: 1 }],
    increments: [{ key: 'b', fields: { n: 1 } }],
    positions: new Map([['mail.events-0', 1]]),
  });
  await models.replace('live', 'beside');
  assert.equal((await (await models.open('live')).range({ from: 'a', to: 'z', limit: 9 })).length, 2);
  await models.discard('live');
}

describe('a connection to Redis', () => {
  it('is encrypted, and believes only the authority it was given', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'penstock-redis-tls-'));
    try {
      const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
        extensions: [
          { name: 'basicConstraints', cA: true },
          { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
        ],
      });
      writeFileSync(join(folder, 'cert.pem'), pems.cert);
      writeFileSync(join(folder, 'key.pem'), pems.private);
      // Its own port speaks TLS from now on; what was connected stays so.
      const port = new URL(redis.url).port;
      await operator.config('SET', 'tls-auth-clients', 'no');
      await operator.call(
        'CONFIG',
        'SET',
        'tls-cert-file',
        join(folder, 'cert.pem'),
        'tls-key-file',
        join(folder, 'key.pem'),
      );
      await operator.call('CONFIG', 'SET', 'port', '0', 'tls-port', port);
      const url = redis.url.replace('redis:', 'rediss:');
      await use(await open(url, { tls: { ca: pems.cert } }));
      const strange = await open(url, { connectWithinMs: 500 });
      assert.equal(strange.ready, false);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is refused at once with a wrong password, and the password is not told', async () => {
    await operator.call('ACL', 'SETUSER', 'scheduler', 'on', '>right', '~*', '+@all');
    await assert.rejects(open(withUser('scheduler', 'wrong-secret')), (error: Error) => {
      assert.match(error.message, /^Redis refuses us: WRONGPASS/);
      assert.doesNotMatch(error.message, /wrong-secret/);
      return true;
    });
    await use(await open(withUser('scheduler', 'right')));
  });
});

describe('a connection to a Redis with few rights, or none yet', () => {
  it('needs no more rights than the documentation says', async () => {
    const rights = ['~penstock:*', '+@read', '+@write', '+@scripting', '+@connection', '+info', '+time'];
    await operator.call('ACL', 'SETUSER', 'penstock', 'on', '>right', ...rights);
    await use(await open(withUser('penstock', 'right'), { clientName: 'scheduler' }));
  });

  it('tells of a server that would forget keys for want of memory', async () => {
    await open(redis.url);
    await operator.call('CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru');
    await open(redis.url);
    for (let turn = 0; turn < 2_000 && events.length < 3; turn++) await systemTimers.sleep(10);
    // Each connection is told of in its order, and the two side by side.
    assert.deepEqual(events.toSorted(), ['redis_evicts', 'redis_ready', 'redis_ready']);
  });

  it('is made as soon as the server is there, and again when it comes back', async () => {
    await redis.server.kill();
    const connection = await open(redis.url, { connectWithinMs: 100 });
    assert.equal(connection.ready, false);
    for (let round = 0; round < 2; round++) {
      await assert.rejects(new RedisQuotaStore(connection).ask([REQUEST]), /Redis is away/);
      await redis.server.start();
      for (let turn = 0; turn < 2_000 && !connection.ready; turn++) await systemTimers.sleep(10);
      await use(connection);
      await redis.server.kill();
      for (let turn = 0; turn < 2_000 && connection.ready; turn++) await systemTimers.sleep(10);
    }
    assert.deepEqual(events, ['redis_away', 'redis_ready', 'redis_away', 'redis_ready', 'redis_away']);
  });
});
