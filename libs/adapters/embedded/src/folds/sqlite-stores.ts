import { join } from 'node:path';
import type { Topic } from '@penstock/events';
import type { KeyedStore, ReadModels, StateStore, Telemetry } from '@penstock/ports';
import { removeFold, replacing } from './file-replacement.ts';
import { ReplaceableStore } from './replaceable-store.ts';
import { SqliteFile } from './sqlite-file.ts';
import { KEYED_SCHEMA, SqliteKeyedStore } from './sqlite-keyed-store.ts';

interface Opened {
  file: SqliteFile;
  readonly store: ReplaceableStore;
}

/** One file per name in a folder. */
export class SqliteStores implements StateStore, ReadModels {
  private readonly opened = new Map<string, Opened>();

  constructor(
    private readonly folder: string,
    private readonly telemetry: Telemetry,
  ) {}

  async open(name: string): Promise<KeyedStore> {
    return this.use(name).store;
  }

  async discard(name: string): Promise<void> {
    this.opened.get(name)?.file.close();
    this.opened.delete(name);
    removeFold(this.path(name));
  }

  /** Without an await between the first step and the last: nobody reads or writes either of them meanwhile. */
  async replace(name: string, other: string): Promise<void> {
    const replaced = this.use(name);
    this.use(other).file.close();
    this.opened.delete(other);
    replaced.file.close();
    try {
      Array.from(replacing(this.path(name), this.path(other)));
    } finally {
      replaced.file = this.openFile(name);
      replaced.store.become(new SqliteKeyedStore(replaced.file));
    }
  }

  /**
   * The positions of every store that is open, by name; the lowest where several have one. Without those of topics
   * whose readers' needs are told otherwise: a fold may write its position there seldom, and need nothing before it.
   */
  async lowestPositions(except: readonly Topic[]): Promise<ReadonlyMap<string, number>> {
    const lowest = new Map<string, number>();
    for (const { store } of this.opened.values()) {
      for (const [name, position] of await store.positions()) {
        if (except.some((topic) => name.startsWith(`${topic}-`))) continue;
        lowest.set(name, Math.min(position, lowest.get(name) ?? position));
      }
    }
    return lowest;
  }

  close(): void {
    for (const { file } of this.opened.values()) file.close();
    this.opened.clear();
  }

  private use(name: string): Opened {
    const known = this.opened.get(name);
    if (known) return known;
    const file = this.openFile(name);
    const opened = { file, store: new ReplaceableStore(new SqliteKeyedStore(file)) };
    this.opened.set(name, opened);
    return opened;
  }

  private openFile(name: string): SqliteFile {
    return SqliteFile.open(this.path(name), KEYED_SCHEMA, this.telemetry);
  }

  private path(name: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
      throw new RangeError(`${JSON.stringify(name)} is no name for a store: letters, digits, dots and dashes are`);
    }
    return join(this.folder, `${name}.db`);
  }
}
