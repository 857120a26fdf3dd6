/**
 * Ordered keys with a position in the log, written in one transaction: the shape of every fold that outlives its
 * process. Keys are compared by code unit. Values are JSON.
 */
export interface KeyedStore {
  /** The position committed with the last write, by name (a topic-partition); empty for a new store. */
  positions(): Promise<ReadonlyMap<string, number>>;
  get(key: string): Promise<JsonValue | undefined>;
  /** Entries with `from` ≤ key < `to`, ascending (or descending), at most `limit`. */
  range(query: RangeQuery): Promise<readonly KeyedEntry[]>;
  /** Atomic: all of it or nothing. Positions not named keep theirs. */
  write(change: KeyedChange): Promise<void>;
}

export interface RangeQuery {
  readonly from: string;
  readonly to: string;
  readonly limit: number;
  readonly descending?: boolean;
}

export interface KeyedEntry {
  readonly key: string;
  readonly value: JsonValue;
}

export interface KeyedChange {
  readonly positions?: ReadonlyMap<string, number>;
  readonly puts?: readonly KeyedEntry[];
  readonly deletes?: readonly string[];
  /** Adds to numeric fields of a JSON object, which is made if absent. Applied after puts and deletes. */
  readonly increments?: readonly KeyedIncrement[];
}

export interface KeyedIncrement {
  readonly key: string;
  readonly fields: Readonly<Record<string, number>>;
}

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** The smallest string greater than every string that starts with `prefix` (which must not be empty). */
export function prefixEnd(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1);
  return prefix.slice(0, -1) + String.fromCharCode(last + 1);
}
