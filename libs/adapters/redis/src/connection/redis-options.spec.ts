import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openRedis } from './open-redis.ts';
import { checkRedisUrl, clientOptions, reconnectDelayMs } from './redis-options.ts';

const telemetry = { log: () => {} };

describe('a connection to Redis', () => {
  it('refuses an address that cannot be one, and does not repeat it', async () => {
    for (const url of ['', 'localhost:6379', 'http://user:secret@host', 'redis://', 'redis://user:secret@host:port']) {
      assert.throws(
        () => checkRedisUrl(url),
        (error: Error) => !error.message.includes('secret'),
        url,
      );
      await assert.rejects(openRedis({ url, telemetry }), TypeError);
    }
    for (const url of ['redis://host', 'rediss://user:secret@host:6380/3', 'redis://[::1]:6379']) checkRedisUrl(url);
  });

  it('is encrypted where the address says so, with the authorities it is given', () => {
    const options = { url: 'rediss://host', telemetry };
    assert.deepEqual(clientOptions(options, Math.random).tls, {});
    assert.deepEqual(clientOptions({ ...options, tls: { ca: 'PEM' } }, Math.random).tls, { ca: 'PEM' });
    assert.equal(clientOptions({ ...options, url: 'redis://host' }, Math.random).tls, undefined);
  });

  it('queues nothing while it is away and sends nothing twice', () => {
    const options = clientOptions({ url: 'redis://host', telemetry, clientName: 'scheduler' }, Math.random);
    assert.equal(options.enableOfflineQueue, false);
    assert.equal(options.autoResendUnfulfilledCommands, false);
    assert.equal(options.maxRetriesPerRequest, 0);
    assert.equal(options.connectionName, 'scheduler');
  });

  it('comes back ever more slowly, every 5 s in the end, not all clients at the same moment', () => {
    const least = [1, 2, 3, 7, 1_000].map((attempt) => reconnectDelayMs(attempt, () => 0));
    const most = [1, 2, 3, 7, 1_000].map((attempt) => reconnectDelayMs(attempt, () => 1));
    assert.deepEqual(least, [50, 100, 200, 2_500, 2_500]);
    assert.deepEqual(most, [100, 200, 400, 5_000, 5_000]);
  });

  it('is there, away, when no server is, and tells so once', async () => {
    const events: string[] = [];
    const connection = await openRedis({
      // Nobody may listen on port 1.
      url: 'redis://127.0.0.1:1',
      telemetry: { log: (_, event) => events.push(event) },
      connectWithinMs: 300,
    });
    assert.equal(connection.ready, false);
    await assert.rejects(connection.ping(), /Redis is away/);
    await connection.close();
    assert.deepEqual(events, ['redis_away']);
  });
});
