import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type FolderLock, lockFolder } from '@penstock/adapter-embedded';
import type { Telemetry } from '@penstock/ports';
import { prepareDataFolder } from '../startup/data-folder.ts';
import { createPrivateFile, readPrivateFile } from '../startup/private-file.ts';

/** Processes that died before they claimed anything leave the claims of those before them open. */
const REMEMBERED_OWNERS = 64;
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

export interface FormerOwnersOptions {
  /** Of this process alone. */
  readonly folder: string;
  /** The name of this process, never used by another. */
  readonly owner: string;
  readonly telemetry: Telemetry;
  /** Of the running kernel; told from another where it is not given. */
  readonly bootId?: string | undefined;
}

export interface FormerOwners {
  /** Names of processes that are certainly dead. */
  readonly owners: readonly string[];
  /** Held until the process ends, and then given back by the kernel. */
  readonly lock: FolderLock | undefined;
}

interface Written {
  readonly place: string;
  readonly owners: readonly string[];
}

const NOBODY: FormerOwners = { owners: [], lock: undefined };

/**
 * The names of those that had the folder before this process, and this process's name for those after it. The kernel
 * gives the lock only when its holder is dead. That says nothing of a holder on another machine (a network folder) or of
 * another folder (a copy): so names count only where they were written under this boot of this kernel, beside this very
 * lock file. Whatever is in doubt names nobody, and costs a wait.
 */
export async function formerOwners(options: FormerOwnersOptions): Promise<FormerOwners> {
  const { owner, telemetry } = options;
  const folder = join(resolve(options.folder), 'owner');
  let lock: FolderLock | undefined;
  try {
    const bootId = options.bootId ?? (await readFile(BOOT_ID, 'utf8')).trim();
    await prepareDataFolder(folder, 'PENSTOCK_STATE_DIR');
    lock = lockFolder(folder);
    const path = join(folder, 'owners.json');
    const { dev, ino } = statSync(lock.file, { bigint: true });
    const place = `${bootId} ${dev} ${ino}`;
    const before = written(readPrivateFile(path));
    const owners = before?.place === place ? before.owners : [];
    const next: Written = { place, owners: [owner, ...owners].slice(0, REMEMBERED_OWNERS) };
    // Before anything is claimed under the name.
    await createPrivateFile(path, JSON.stringify(next));
    return { owners, lock };
  } catch (error) {
    telemetry.log('warn', 'former_owners_unknown', { error: String(error) });
    return lock ? { ...NOBODY, lock } : NOBODY;
  }
}

function written(bytes: Buffer | undefined): Written | undefined {
  if (!bytes) return undefined;
  try {
    const { place, owners } = JSON.parse(bytes.toString('utf8')) as Partial<Written>;
    if (typeof place !== 'string' || !Array.isArray(owners)) return undefined;
    return { place, owners: owners.filter((one) => typeof one === 'string') };
  } catch {
    // Damaged: it names nobody.
    return undefined;
  }
}
