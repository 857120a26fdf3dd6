import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process (or another opener in this one) uses the data folder. */
export class FolderLockedError extends Error {
  override readonly name = 'FolderLockedError';
}

export interface FolderLock {
  /** Its path: the lock lies on it. */
  readonly file: string;
  release(): void;
}

/**
 * The folder is this process's alone while the lock is held. It is a file lock of the kernel, taken by way of
 * SQLite, so it dies with the process and never has to be cleaned up.
 *
 * @throws FolderLockedError
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'lock.db');
  const db = new DatabaseSync(file);
  try {
    db.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw new FolderLockedError(
      `the data folder ${folder} is in use by another process: stop it, or choose another folder`,
      { cause: error },
    );
  }
  return { file, release: () => db.close() };
}
