import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** What SQLite keeps beside a file, and what we do. */
const COMPANIONS = ['-wal', '-shm', '.damaged'] as const;

/**
 * Puts one closed SQLite file in the place of another closed one, step by step: each `yield` is a place to be killed
 * at, and at each of them `path` is the old fold whole or the new one. A write-ahead log of the old file must never
 * meet the new one, so nothing is renamed before it is gone.
 *
 * @throws Error where a file was not closed in order; nothing has changed then.
 */
export function* replacing(path: string, by: string): Generator<string, void> {
  for (const closed of [by, path]) {
    if (existsSync(`${closed}-wal`)) throw new Error(`${closed} was not closed in order: its write-ahead log is there`);
  }
  if (!existsSync(by)) throw new Error(`${by} is not there`);
  syncPath(by);
  yield 'the new file is durable';
  rmSync(`${path}-shm`, { force: true });
  yield 'nothing lies beside the old file';
  renameSync(by, path);
  yield 'renamed';
  // Told of the old file; a crash before this line costs no more than folding once more.
  rmSync(`${path}.damaged`, { force: true });
  yield 'no mark of damage';
  syncPath(dirname(path));
}

/** Deletes the file, its companions first: a file without its write-ahead log is whole, the log without it is nobody's. */
export function removeFold(path: string): void {
  for (const suffix of COMPANIONS) rmSync(path + suffix, { force: true });
  rmSync(path, { force: true });
}

function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
