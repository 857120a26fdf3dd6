import type { StatementSync } from 'node:sqlite';
import {
  fromStoredKey,
  type JsonValue,
  type KeyedChange,
  type KeyedEntry,
  type KeyedIncrement,
  type KeyedStore,
  type RangeQuery,
  toStoredKey,
} from '@penstock/ports';
import type { FoldSchema, SqliteFile } from './sqlite-file.ts';

export const KEYED_SCHEMA: FoldSchema = {
  version: 1,
  tables: 'CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;',
  pageBytes: 4096,
  damage: 'SELECT key FROM entries WHERE NOT json_valid(value) LIMIT 1',
};

type Row = readonly [key: string, value: string];

export class SqliteKeyedStore implements KeyedStore {
  private readonly select: StatementSync;
  private readonly ascending: StatementSync;
  private readonly descending: StatementSync;
  private readonly upsert: StatementSync;
  private readonly remove: StatementSync;

  constructor(private readonly file: SqliteFile) {
    const between = 'SELECT key, value FROM entries WHERE key >= ? AND key < ? ORDER BY key';
    this.select = file.prepare('SELECT value FROM entries WHERE key = ?');
    this.ascending = file.prepare(`${between} LIMIT ?`);
    this.descending = file.prepare(`${between} DESC LIMIT ?`);
    this.upsert = file.prepare(
      'INSERT INTO entries VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    this.remove = file.prepare('DELETE FROM entries WHERE key = ?');
    for (const statement of [this.select, this.ascending, this.descending]) statement.setReturnArrays(true);
  }

  async positions(): Promise<ReadonlyMap<string, number>> {
    return this.file.positions();
  }

  async get(key: string): Promise<JsonValue | undefined> {
    return this.file.guarded(() => this.value(key));
  }

  async range(query: RangeQuery): Promise<readonly KeyedEntry[]> {
    if (query.limit <= 0) return [];
    const statement = query.descending ? this.descending : this.ascending;
    const rows = this.file.guarded(() =>
      statement.all(toStoredKey(query.from), toStoredKey(query.to), query.limit),
    ) as unknown as readonly Row[];
    return rows.map(([key, value]) => ({ key: fromStoredKey(key), value: JSON.parse(value) as JsonValue }));
  }

  async write(change: KeyedChange): Promise<void> {
    await this.file.whenRoom(() => this.writeOnce(change));
  }

  private writeOnce(change: KeyedChange): void {
    this.file.transaction(() => {
      for (const { key, value } of change.puts ?? []) this.put(key, value);
      for (const key of change.deletes ?? []) this.remove.run(toStoredKey(key));
      this.increment(change.increments ?? []);
      for (const [name, position] of change.positions ?? []) this.file.setPosition(name, position);
    });
  }

  private value(key: string): JsonValue | undefined {
    const row = this.select.get(toStoredKey(key)) as unknown as readonly [string] | undefined;
    return row && (JSON.parse(row[0]) as JsonValue);
  }

  private put(key: string, value: JsonValue): void {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new TypeError(`the value of ${JSON.stringify(key)} is not JSON`);
    this.upsert.run(toStoredKey(key), text);
  }

  /** Each object is read and written once, however many increments meet it. */
  private increment(increments: readonly KeyedIncrement[]): void {
    const changed = new Map<string, Record<string, number>>();
    for (const { key, fields } of increments) {
      let value = changed.get(key);
      if (!value) {
        value = (this.value(key) ?? {}) as Record<string, number>;
        changed.set(key, value);
      }
      for (const field in fields) value[field] = (value[field] ?? 0) + (fields[field] ?? 0);
    }
    for (const [key, value] of changed) this.put(key, value);
  }
}
