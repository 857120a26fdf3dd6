import { access, constants, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, StartupError } from './startup-error.ts';

/**
 * Makes the data folder and those above it, and sees that this user may work in it; SQLite would only say that it cannot
 * open its file.
 *
 * @param path absolute
 * @param setting where it comes from, for the message
 * @throws StartupError that names the folder and what the system says.
 */
export async function prepareDataFolder(path: string, setting = 'PENSTOCK_DATA_DIR'): Promise<void> {
  try {
    await makeFolder(path);
    // With the dot a file in its place is no folder, rather than one that may not be entered.
    await access(`${path}/.`, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    throw new StartupError(
      `${setting}: ${path} cannot be used as a folder (${errno}): choose one that this user may make and write`,
    );
  }
}

/**
 * Node's recursive `mkdir` never ends where a folder is there but takes none (below /proc on Linux): the system answers
 * ENOENT, it makes the folder above, which is there, and begins anew.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    const above = dirname(path);
    if (errnoOf(error) !== 'ENOENT' || above === path) throw error;
    await makeFolder(above);
    await makeOrFind(path);
  }
}

async function makeOrFind(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    // Made by somebody else at the same moment.
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}
