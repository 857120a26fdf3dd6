import {
  fromStoredKey,
  type JsonValue,
  type KeyedChange,
  type KeyedEntry,
  type KeyedStore,
  type RangeQuery,
  toStoredKey,
} from '@penstock/ports';
import { type LuaScript, loadScript } from '../connection/lua-script.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';

/** The four keys of a store; see lua/write-rows.lua. */
export interface StoreKeys {
  readonly rows: string;
  readonly order: string;
  readonly counts: string;
  readonly positions: string;
}

/** The scripts of a store, loaded once for all stores. */
export interface StoreScripts {
  readonly writeRows: LuaScript;
  readonly readRange: LuaScript;
  readonly readRow: LuaScript;
}

export function loadStoreScripts(): StoreScripts {
  return {
    writeRows: loadScript('write-rows'),
    readRange: loadScript('read-range'),
    readRow: loadScript('read-row'),
  };
}

/** A change or a range may be tens of thousands of rows. */
const ROWS_WITHIN_MS = 30_000;

/** Runs a script of a store and gives its answer. */
export async function runOnRows(
  connection: RedisConnection,
  script: LuaScript,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const [reply] = await connection.runAll(script, [{ keys, args }], ROWS_WITHIN_MS);
  return reply;
}

export class RedisKeyedStore implements KeyedStore {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: StoreKeys,
    private readonly scripts: StoreScripts,
  ) {}

  async positions(): Promise<ReadonlyMap<string, number>> {
    const [found] = await this.connection.pipeline((pipeline) => pipeline.hgetall(this.keys.positions));
    const entries = Object.entries((found ?? {}) as Readonly<Record<string, string>>);
    return new Map(entries.map(([name, position]) => [name, Number(position)]));
  }

  async get(key: string): Promise<JsonValue | undefined> {
    const { rows, counts } = this.keys;
    const [json, added] = texts(
      await runOnRows(this.connection, this.scripts.readRow, [rows, counts], [toStoredKey(key)]),
    );
    return json === undefined ? undefined : toValue(json, added);
  }

  async range({ from, to, limit, descending }: RangeQuery): Promise<readonly KeyedEntry[]> {
    if (from >= to || limit <= 0) return [];
    const { rows, order, counts } = this.keys;
    const args = [toStoredKey(from), toStoredKey(to), limit, descending ? 'down' : 'up'];
    const found = texts(await runOnRows(this.connection, this.scripts.readRange, [rows, order, counts], args));
    const entries: KeyedEntry[] = [];
    for (let at = 0; at < found.length; at += 3) {
      const value = toValue(found[at + 1] ?? 'null', found[at + 2]);
      entries.push({ key: fromStoredKey(found[at] ?? ''), value });
    }
    return entries;
  }

  async write({ puts = [], deletes = [], increments = [], positions = new Map() }: KeyedChange): Promise<void> {
    const args: (string | number)[] = [puts.length, deletes.length, increments.length, positions.size];
    for (const { key, value } of puts) args.push(toStoredKey(key), toText(key, value));
    for (const key of deletes) args.push(toStoredKey(key));
    for (const { key, fields } of increments) {
      const added = Object.entries(fields);
      args.push(toStoredKey(key), added.length);
      for (const [name, by] of added) args.push(name, String(by));
    }
    for (const [name, position] of positions) args.push(name, String(position));
    const { rows, order, counts, positions: places } = this.keys;
    await runOnRows(this.connection, this.scripts.writeRows, [rows, order, counts, places], args);
  }
}

function texts(reply: unknown): readonly string[] {
  return Array.isArray(reply) ? reply.map(String) : [];
}

function toText(key: string, value: JsonValue): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`the value of ${JSON.stringify(key)} is not JSON`);
  return text;
}

/** What was put, with what was added since. */
function toValue(json: string, added: string | undefined): JsonValue {
  const value = JSON.parse(json) as JsonValue;
  if (!added) return value;
  const counts = JSON.parse(added) as Readonly<Record<string, number>>;
  const row = { ...(value as Readonly<Record<string, JsonValue>>) };
  for (const [name, by] of Object.entries(counts)) row[name] = Number(row[name] ?? 0) + by;
  return row;
}
