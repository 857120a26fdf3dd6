import { Redis } from 'ioredis';
import { RedisConnection, RedisUnavailableError } from './redis-connection.ts';
import {
  clientOptions,
  DEFAULT_COMMAND_TIMEOUT_MS,
  DEFAULT_CONNECT_WITHIN_MS,
  DEFAULT_PREFIX,
  type RedisConnectionOptions,
} from './redis-options.ts';

/** What no waiting mends: a wrong password, user or database, a server too old. */
const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM|ERR )/;

/**
 * Connects. Rejects when the address is wrong or the server refuses us; when it is only away, resolves after
 * `connectWithinMs` with a connection that is not `ready` and keeps trying.
 */
export async function openRedis(options: RedisConnectionOptions): Promise<RedisConnection> {
  const client = new Redis(options.url, clientOptions(options, Math.random));
  const connection = new RedisConnection(
    client,
    options.telemetry,
    options.prefix ?? DEFAULT_PREFIX,
    options.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS,
  );
  try {
    await firstConnection(client, options.connectWithinMs ?? DEFAULT_CONNECT_WITHIN_MS);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return connection;
}

function firstConnection(client: Redis, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: Error) => {
      clearTimeout(timer);
      client.off('ready', end).off('error', refuse);
      if (error) reject(error);
      else resolve();
    };
    const refuse = (error: Error) => {
      if (REFUSED.test(error.message)) end(new RedisUnavailableError(`Redis refuses us: ${error.message}`));
    };
    const timer = setTimeout(() => end(), withinMs);
    client.once('ready', end).on('error', refuse);
    // Its failure is told by `error`; the client tries again by itself.
    client.connect().catch(() => undefined);
  });
}
