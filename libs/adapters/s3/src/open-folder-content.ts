import {
  type ContentDeps,
  contentPorts,
  openContent,
  type SharedContent,
  type SharedContentOptions,
} from './open-content.ts';
import { type FolderSteps, FolderStorage } from './storage/folder-storage.ts';

export interface FolderContentOptions extends ContentDeps, SharedContentOptions {
  /** Mounted at the same data on every host. */
  readonly folder: string;
  /** Makes the folder where it is not there; without, a drive that is not mounted is noticed at the start. */
  readonly create?: boolean;
  /** For tests: stops between the steps of a put. */
  readonly steps?: FolderSteps;
}

/** A sync takes milliseconds: what comes meanwhile goes together into the next segment. */
const SHIPPED = {
  lingerMs: 2,
  segmentBytes: 8 * 1024 * 1024,
  inFlight: 2,
  gatherMs: 0,
  readAheadBytes: 64 * 1024,
  cacheBytes: 64 * 1024 * 1024,
};

/**
 * Content and state copies in a folder that several hosts share.
 *
 * @throws StorageSetupError that names what is missing: the folder, or the right to write, read, list or delete.
 */
export async function openFolderContent(options: FolderContentOptions): Promise<SharedContent> {
  const ports = contentPorts(options);
  const storage = new FolderStorage(options.folder, options.steps);
  await storage.prepare(options.create ?? false);
  return openContent(storage, `content folder ${options.folder}`, ports, { ...SHIPPED, ...options.packing });
}
