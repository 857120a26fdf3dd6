import type { Telemetry } from '@penstock/ports';
import type { RedisOptions } from 'ioredis';

export interface RedisConnectionOptions {
  /** `redis://[user:password@]host[:port][/database]`, `rediss://` for TLS. */
  readonly url: string;
  readonly telemetry: Telemetry;
  /** Shown by `CLIENT LIST`. */
  readonly clientName?: string;
  /** Keys begin with it, so that several platforms may share a server. */
  readonly prefix?: string;
  /** A question not answered so long has failed, and the connection with it; 2 s, and 30 s for read models. */
  readonly commandTimeoutMs?: number;
  /** `openRedis` waits so long for the first connection, then goes on without one. */
  readonly connectWithinMs?: number;
  /** For `rediss://`: whose signature the server's certificate must bear, PEM; the system's authorities if absent. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export const DEFAULT_PREFIX = 'penstock';
export const DEFAULT_COMMAND_TIMEOUT_MS = 2_000;
export const DEFAULT_CONNECT_WITHIN_MS = 5_000;

const LONGEST_COMMAND_MS = 30_000;
const CLOSED_WITHIN_MS = 200;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/** Doubling, and each client at another moment of the second half, so that a server that is back is not overrun. */
export function reconnectDelayMs(attempt: number, random: () => number): number {
  const most = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10));
  return Math.ceil(most / 2 + (random() * most) / 2);
}

/** Throws where the address cannot be one; never with the address in the message, which may hold a password. */
export function checkRedisUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw new TypeError('the address of Redis is not of the form redis://[user:password@]host[:port][/database]');
  }
  return parsed;
}

/**
 * While the server is away every command fails at once: nothing is queued, and nothing that was sent is sent again,
 * since it may have been done.
 */
export function clientOptions(options: RedisConnectionOptions, random: () => number): RedisOptions {
  return {
    ...(checkRedisUrl(options.url).protocol === 'rediss:' && { tls: { ...options.tls } }),
    ...(options.clientName !== undefined && { connectionName: options.clientName }),
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // The connection keeps shorter ones itself, one for all commands of a round trip.
    commandTimeout: LONGEST_COMMAND_MS,
    connectTimeout: options.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS,
    // A server that stands still does not close its side either.
    disconnectTimeout: CLOSED_WITHIN_MS,
    keepAlive: 10_000,
    retryStrategy: (attempt) => reconnectDelayMs(attempt, random),
  };
}
