import { MemoryQuotaStore } from '@penstock/adapter-memory';
import type { Clock, QuotaStore, Telemetry } from '@penstock/ports';
import { StartupError } from '../startup/startup-error.ts';
import type { UndoStack } from '../startup/undo-stack.ts';

/** Budgets of this process alone; a restart forgets them, which is a burst of each. */
export function memoryQuotas(clock: Pick<Clock, 'monotonic'>): QuotaStore {
  return new MemoryQuotaStore(() => clock.monotonic());
}

/**
 * Budgets of all processes of an installation, in Redis. It need not be there yet.
 *
 * @param installation put before every key, where several share a Redis
 * @throws StartupError for an address or a password that is wrong
 */
export async function openRedisQuotas(
  url: string,
  installation: string,
  telemetry: Telemetry,
  undo: UndoStack,
): Promise<QuotaStore> {
  const { openRedis, RedisQuotaStore } = await import('@penstock/adapter-redis');
  const connection = await openRedis({ url, prefix: `${installation}penstock`, telemetry }).catch((error: unknown) => {
    throw new StartupError(`PENSTOCK_REDIS_URL: ${error instanceof Error ? error.message : String(error)}`);
  });
  undo.push(() => connection.close());
  return new RedisQuotaStore(connection);
}
