/** A real Redis for the suites that need one: PENSTOCK_TEST_REDIS=host:port, or one of the local stack. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRedis, type RedisConnection } from '@penstock/adapter-redis';
import { type LocalServer, startStack } from '@penstock/local-stack';

export interface RealRedis {
  readonly url: string;
  close(): Promise<void>;
}

/** A server that may be killed and paused. */
export interface OwnRedis extends RealRedis {
  readonly server: LocalServer;
}

export async function startOwnRedis(): Promise<OwnRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-redis-'));
  const stack = await startStack({ folder, basePort: 'free', only: ['redis'] });
  const close = async () => {
    await stack.down();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: stack.addresses.redis, server: stack.server('redis'), close };
}

export async function findRedis(): Promise<RealRedis> {
  const given = process.env.PENSTOCK_TEST_REDIS;
  return given ? { url: `redis://${given}`, close: async () => {} } : startOwnRedis();
}

/** Fails where there is no server, so that no suite passes without one. */
export async function connect(
  url: string,
  options: { readonly prefix?: string; readonly commandTimeoutMs?: number } = {},
): Promise<RedisConnection> {
  const connection = await openRedis({ url, telemetry: { log: () => {} }, ...options });
  await connection.ping();
  return connection;
}
