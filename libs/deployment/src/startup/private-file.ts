import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from './startup-error.ts';

const OWNER_ONLY = 0o600;

/** The file's bytes, or undefined if there is none. */
export function readPrivateFile(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Creates the file, readable by its owner only, whole or not at all and durable: written and synced under another name,
 * then renamed, then the folder is synced. Nobody else writes here: the caller holds the folder's lock.
 */
export async function createPrivateFile(path: string, bytes: Uint8Array | string): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', OWNER_ONLY);
  try {
    await file.chmod(OWNER_ONLY);
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
