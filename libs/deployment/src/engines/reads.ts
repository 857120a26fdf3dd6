import type { LocalState } from '@penstock/adapter-embedded';
import type { Archive, ReadModels, Telemetry } from '@penstock/ports';
import { required } from '../settings/required.ts';
import { StartupError } from '../startup/startup-error.ts';
import type { UndoStack } from '../startup/undo-stack.ts';

export interface ReadSettings {
  readonly readModels: 'sqlite' | 'redis';
  readonly redisUrl: string | undefined;
  readonly archive: 'sqlite' | 'eventstore';
  readonly eventStoreUrl: string | undefined;
  /** Before the topics of this installation, and so before what is folded from them. */
  readonly kafkaPrefix: string | undefined;
}

/**
 * What the projector folds into.
 *
 * @throws StartupError for an address that is not given
 */
export async function openReads(
  settings: ReadSettings,
  local: LocalState,
  telemetry: Telemetry,
  undo: UndoStack,
): Promise<{ readonly readModels: ReadModels; readonly archive: Archive }> {
  const readModels =
    settings.readModels === 'redis' ? await openRedisModels(settings, telemetry, undo) : local.readModels;
  const archive = settings.archive === 'eventstore' ? await openEvents(settings, telemetry, undo) : local.archive;
  return { readModels, archive };
}

async function openRedisModels(
  { redisUrl, kafkaPrefix = '' }: ReadSettings,
  telemetry: Telemetry,
  undo: UndoStack,
): Promise<ReadModels> {
  const url = required(redisUrl, 'PENSTOCK_REDIS_URL', 'PENSTOCK_READ_MODELS is redis');
  const { openRedis, RedisReadModels } = await import('@penstock/adapter-redis');
  const prefix = `${kafkaPrefix}penstock`;
  const connection = await openRedis({ url, prefix, telemetry }).catch((error: unknown) =>
    refuse('PENSTOCK_REDIS_URL', error),
  );
  undo.push(() => connection.close());
  return new RedisReadModels(connection);
}

async function openEvents({ eventStoreUrl }: ReadSettings, telemetry: Telemetry, undo: UndoStack): Promise<Archive> {
  const connectionString = required(eventStoreUrl, 'PENSTOCK_EVENTSTORE_URL', 'PENSTOCK_ARCHIVE is eventstore');
  const { openEventStoreArchive } = await import('@penstock/adapter-eventstore');
  const archive = await openEventStoreArchive({ connectionString, telemetry }).catch((error: unknown) =>
    refuse('PENSTOCK_EVENTSTORE_URL', error),
  );
  undo.push(() => archive.close());
  return archive;
}

function refuse(setting: string, error: unknown): never {
  throw new StartupError(`${setting}: ${error instanceof Error ? error.message : String(error)}`);
}
