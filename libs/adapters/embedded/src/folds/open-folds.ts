import { join } from 'node:path';
import type { Archive, ReadModels, Telemetry } from '@penstock/ports';
import { ARCHIVE_SCHEMA, SqliteArchive } from './sqlite-archive.ts';
import { SqliteFile } from './sqlite-file.ts';
import { SqliteStores } from './sqlite-stores.ts';

/** What the projector folds into, apart from the log: one thread at a time has these files. */
export interface Folds {
  readonly archive: Archive;
  readonly readModels: ReadModels;
  close(): void;
}

export interface FoldsOptions {
  readonly dataDir: string;
  readonly telemetry: Telemetry;
}

/** Opens or makes the archive and the read models of a data folder. */
export function openFolds({ dataDir, telemetry }: FoldsOptions): Folds {
  const file = SqliteFile.open(join(dataDir, 'archive.db'), ARCHIVE_SCHEMA, telemetry);
  const readModels = new SqliteStores(join(dataDir, 'models'), telemetry);
  return {
    archive: new SqliteArchive(file),
    readModels,
    close: () => {
      readModels.close();
      file.close();
    },
  };
}

/** Opens them when one of them is first asked for: where another thread has the files, nobody asks. */
export function foldsWhenAsked(options: FoldsOptions): Folds {
  let opened: Folds | undefined;
  const folds = () => {
    opened ??= openFolds(options);
    return opened;
  };
  return {
    get archive() {
      return folds().archive;
    },
    get readModels() {
      return folds().readModels;
    },
    close: () => opened?.close(),
  };
}
