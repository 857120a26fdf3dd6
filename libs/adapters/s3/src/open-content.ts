import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import type { Clock, ContentStore, Random, StateCopies, Telemetry, Timers } from '@penstock/ports';
import type { RetentionRule } from './content/content-sweeper.ts';
import { ContentSweeper } from './content/content-sweeper.ts';
import { PackedContentStore, type PackingOptions } from './content/packed-content-store.ts';
import { StoredCopies } from './copies/stored-copies.ts';
import { checkStorage } from './storage/check-storage.ts';
import type { ObjectStorage } from './storage/object-storage.ts';

export interface ContentDeps {
  readonly telemetry: Telemetry;
  /** These three are the system's where they are not given. */
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly random?: Random;
}

export type ContentPorts = Required<ContentDeps>;

export function contentPorts({ telemetry, clock, timers, random }: ContentDeps): ContentPorts {
  return {
    telemetry,
    clock: clock ?? systemClock,
    timers: timers ?? systemTimers,
    random: random ?? systemRandom,
  };
}

export interface SharedContentOptions {
  /** What differs from the shipped figures. */
  readonly packing?: Partial<PackingOptions>;
}

/** Content that several processes on several hosts share. */
export interface SharedContent extends ContentStore {
  /** Deletes content by age from now on, every quarter of an hour or so; several processes may. */
  sweep(rule: RetentionRule): ContentSweeper;
  /** Beside the content. */
  readonly copies: StateCopies;
  /** Writes what was put, ends the sweeper and the connections. */
  close(): Promise<void>;
}

/**
 * Content in a storage that was seen to work.
 *
 * @param where for people: `content folder /srv/mail`
 * @throws StorageSetupError that names what is missing; the storage is closed then
 */
export async function openContent(
  storage: ObjectStorage,
  where: string,
  ports: ContentPorts,
  packing: PackingOptions,
): Promise<SharedContent> {
  try {
    await checkStorage(storage, where, ports.random);
  } catch (error) {
    storage.close();
    throw error;
  }
  const content = new PackedContentStore({ ...ports, storage }, packing);
  const sweepers: ContentSweeper[] = [];
  return {
    put: (blobs) => content.put(blobs),
    get: (reference) => content.get(reference),
    copies: new StoredCopies(storage, ports),
    sweep: (rule) => {
      const sweeper = new ContentSweeper(storage, ports, rule);
      sweepers.push(sweeper);
      sweeper.start();
      return sweeper;
    },
    close: async () => {
      await Promise.all(sweepers.map((sweeper) => sweeper.close()));
      await content.close();
      storage.close();
    },
  };
}
