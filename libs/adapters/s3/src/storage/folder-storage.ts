/** Objects as files of a folder that several hosts may have mounted. */
import { type FileHandle, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ObjectStorage, StorageSetupError, StorageUnavailableError } from './object-storage.ts';

/** A file that is not whole yet. What a killed process left of it is deleted with its folder. */
const PART = '.part';
/**
 * Tells the folder from the empty mount point under it: without the mark nothing is said to be missing, since mail
 * whose content is missing is given up.
 */
const MARK = 'penstock-objects';

/** The steps of a put, one by one, so that tests can stop between two of them. */
export interface FolderSteps {
  readonly written?: (part: string) => Promise<void>;
}

export class FolderStorage implements ObjectStorage {
  /** Folders whose entry in the folder above this process has synced. */
  private readonly synced = new Set<string>();

  constructor(
    private readonly root: string,
    private readonly steps: FolderSteps = {},
  ) {}

  /** Puts the mark, and makes the folder where `create` says so. */
  async prepare(create: boolean): Promise<void> {
    if (create)
      await mkdir(this.root, { recursive: true }).catch((error: unknown) => unusable(this.root, 'made', error));
    await readdir(this.root).catch((error: unknown) => unusable(this.root, 'read', error));
    const mark = await open(join(this.root, MARK), 'a').catch((error: unknown) =>
      unusable(this.root, 'written', error),
    );
    await mark.sync().finally(() => mark.close());
    await syncFolder(this.root);
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.root, name);
    const part = `${path}${PART}`;
    await this.makeFolder(dirname(path));
    try {
      await writeSynced(part, bytes);
      await this.steps.written?.(part);
      await rename(part, path);
    } catch (error) {
      await unlink(part).catch(() => undefined);
      throw new StorageUnavailableError(`${name} cannot be written: ${reason(error)}`);
    }
    await syncFolder(dirname(path));
  }

  async read(name: string, offset: number, length: number): Promise<Buffer | undefined> {
    let file: FileHandle;
    try {
      file = await open(join(this.root, name), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return await this.missing(name);
      throw new StorageUnavailableError(`${name} cannot be opened: ${reason(error)}`);
    }
    try {
      return await readUpTo(file, offset, length);
    } catch (error) {
      throw new StorageUnavailableError(`${name} cannot be read: ${reason(error)}`);
    } finally {
      await file.close();
    }
  }

  async folders(folder: string): Promise<readonly string[]> {
    return (await this.entries(folder)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  }

  async objects(folder: string): Promise<readonly string[]> {
    const files = (await this.entries(folder)).filter((entry) => entry.isFile() && !entry.name.endsWith(PART));
    return files.map(({ name }) => `${folder}/${name}`);
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) await rm(join(this.root, name), { force: true });
  }

  async removeFolder(folder: string): Promise<number> {
    const entries = await this.entries(folder);
    await rm(join(this.root, folder), { recursive: true, force: true });
    this.synced.delete(join(this.root, folder));
    return entries.length;
  }

  close(): void {}

  private async entries(folder: string) {
    const found = await readdir(join(this.root, folder), { withFileTypes: true }).catch(
      async (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return (await this.missing(folder)) ?? [];
        throw new StorageUnavailableError(`${folder} cannot be listed: ${reason(error)}`);
      },
    );
    return [...found].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private async missing(name: string): Promise<undefined> {
    const mark = await open(join(this.root, MARK), 'r').catch((error: unknown) => {
      throw new StorageUnavailableError(`${name}: the content folder is not there: ${reason(error)}`);
    });
    await mark.close();
  }

  /** With every entry on the way synced, whoever made it: another process may not have got so far. */
  private async makeFolder(folder: string): Promise<void> {
    if (this.synced.has(folder) || folder === this.root) return;
    await this.makeFolder(dirname(folder));
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw new StorageUnavailableError(`${folder} cannot be made: ${reason(error)}`);
    });
    await syncFolder(dirname(folder));
    this.synced.add(folder);
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readUpTo(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  // Parts of it stay in the cache: not with three times as much behind them.
  return filled * 3 < length ? Buffer.from(buffer.subarray(0, filled)) : buffer.subarray(0, filled);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

function unusable(root: string, done: string, error: unknown): never {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
    throw new StorageSetupError(`content folder ${root} is not there: mount its drive, or make it once`);
  }
  throw new StorageSetupError(`content folder ${root} cannot be ${done}: ${reason(error)}`);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
