import { join } from 'node:path';
import type { StateStore, Telemetry } from '@penstock/ports';
import { lockFolder } from '../folder-lock.ts';
import { type Folds, foldsWhenAsked } from './open-folds.ts';
import { SqliteStores } from './sqlite-stores.ts';

/** The folds of one process in SQLite files, for a log that lies elsewhere. */
export interface LocalState extends Folds {
  readonly state: StateStore;
}

/**
 * Opens or makes the folder; it is this process's alone until `close`. Read models and archive are opened when first
 * asked for.
 *
 * @throws FolderLockedError where another process has it
 */
export function openLocalState(options: { readonly dataDir: string; readonly telemetry: Telemetry }): LocalState {
  const { dataDir, telemetry } = options;
  const lock = lockFolder(dataDir);
  const state = new SqliteStores(join(dataDir, 'state'), telemetry);
  const folds = foldsWhenAsked(options);
  return {
    state,
    get readModels() {
      return folds.readModels;
    },
    get archive() {
      return folds.archive;
    },
    close: () => {
      for (const fold of [state, folds]) fold.close();
      lock.release();
    },
  };
}
