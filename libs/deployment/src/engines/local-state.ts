import { resolve } from 'node:path';
import { FolderLockedError, type LocalState, openLocalState } from '@penstock/adapter-embedded';
import type { Telemetry } from '@penstock/ports';
import { prepareDataFolder } from '../startup/data-folder.ts';
import { StartupError } from '../startup/startup-error.ts';
import type { UndoStack } from '../startup/undo-stack.ts';

const SETTING = 'PENSTOCK_STATE_DIR';

/**
 * The folder of this process alone; undone, it is closed.
 *
 * @throws StartupError where it cannot be used, or another process has it
 */
export async function openStateFolder(folder: string, telemetry: Telemetry, undo: UndoStack): Promise<LocalState> {
  const dataDir = resolve(folder);
  await prepareDataFolder(dataDir, SETTING);
  try {
    const local = openLocalState({ dataDir, telemetry });
    undo.push(async () => local.close());
    return local;
  } catch (error) {
    if (!(error instanceof FolderLockedError)) throw error;
    throw new StartupError(`${SETTING}: ${error.message}; every process needs one of its own`);
  }
}
