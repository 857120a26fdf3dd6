import type { JsonValue, KeyedChange, KeyedEntry, KeyedIncrement, KeyedStore, RangeQuery } from '@penstock/ports';

/** Ordered keys and positions, apart from any connection to them. Values are kept as text, as a file would. */
export class MemoryKeyedData {
  readonly positions = new Map<string, number>();
  private readonly values = new Map<string, string>();
  private readonly keys: string[] = [];

  get(key: string): string | undefined {
    return this.values.get(key);
  }

  put(key: string, value: string): void {
    if (!this.values.has(key)) this.keys.splice(this.indexOf(key), 0, key);
    this.values.set(key, value);
  }

  delete(key: string): void {
    if (this.values.delete(key)) this.keys.splice(this.indexOf(key), 1);
  }

  /** Keys with `from` ≤ key < `to`, ascending. */
  between(from: string, to: string): readonly string[] {
    return this.keys.slice(this.indexOf(from), this.indexOf(to));
  }

  /** Index of the first key that is not smaller. JavaScript compares strings by code unit, as the port wants it. */
  private indexOf(key: string): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export class MemoryKeyedStore implements KeyedStore {
  constructor(readonly data = new MemoryKeyedData()) {}

  async positions(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.data.positions);
  }

  async get(key: string): Promise<JsonValue | undefined> {
    const text = this.data.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as JsonValue);
  }

  async range(query: RangeQuery): Promise<readonly KeyedEntry[]> {
    if (query.from >= query.to || query.limit <= 0) return [];
    const keys = this.data.between(query.from, query.to);
    const wanted = query.descending ? keys.slice(-query.limit).reverse() : keys.slice(0, query.limit);
    return wanted.map((key) => ({ key, value: JSON.parse(this.data.get(key) ?? 'null') as JsonValue }));
  }

  async write(change: KeyedChange): Promise<void> {
    // Everything that can throw comes before the first change: a write is all or nothing.
    const puts = (change.puts ?? []).map(({ key, value }) => ({ key, text: toText(key, value) }));
    for (const { key, text } of puts) this.data.put(key, text);
    for (const key of change.deletes ?? []) this.data.delete(key);
    for (const increment of change.increments ?? []) this.increment(increment);
    for (const [name, position] of change.positions ?? []) this.data.positions.set(name, position);
  }

  private increment({ key, fields }: KeyedIncrement): void {
    const value = JSON.parse(this.data.get(key) ?? '{}') as Record<string, number>;
    for (const [field, by] of Object.entries(fields)) value[field] = (value[field] ?? 0) + by;
    this.data.put(key, JSON.stringify(value));
  }
}

function toText(key: string, value: JsonValue): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`the value of ${JSON.stringify(key)} is not JSON`);
  return text;
}
