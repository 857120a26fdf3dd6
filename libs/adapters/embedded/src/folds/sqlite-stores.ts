import { join } from 'node:path';
import type { KeyedStore, ReadModels, StateStore, Telemetry } from '@penstock/ports';
import { SqliteFile } from './sqlite-file.ts';
import { KEYED_SCHEMA, SqliteKeyedStore } from './sqlite-keyed-store.ts';

/** One file per name in a folder. */
export class SqliteStores implements StateStore, ReadModels {
  private readonly opened = new Map<string, { readonly file: SqliteFile; readonly store: KeyedStore }>();

  constructor(
    private readonly folder: string,
    private readonly telemetry: Telemetry,
  ) {}

  async open(name: string): Promise<KeyedStore> {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
      throw new RangeError(`${JSON.stringify(name)} is no name for a store: letters, digits, dots and dashes are`);
    }
    let opened = this.opened.get(name);
    if (!opened) {
      const file = SqliteFile.open(join(this.folder, `${name}.db`), KEYED_SCHEMA, this.telemetry);
      opened = { file, store: new SqliteKeyedStore(file) };
      this.opened.set(name, opened);
    }
    return opened.store;
  }

  close(): void {
    for (const { file } of this.opened.values()) file.close();
    this.opened.clear();
  }
}
