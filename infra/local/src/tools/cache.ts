/** Jars and programs are fetched once for all stacks of a person, into a folder that may be deleted at any time. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** As the XDG base directory specification says where caches lie. */
export function defaultCacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'penstock');
}

/**
 * Fills a folder of the cache once. It is made under another name and renamed when whole, so that an interrupted
 * download is never taken for a finished one; of two that fill it at once the first wins.
 */
export async function fillCache(folder: string, fill: (making: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  mkdirSync(dirname(folder), { recursive: true });
  const making = mkdtempSync(`${folder}-making-`);
  try {
    await fill(making);
    if (!existsSync(folder)) renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}
