import type { JsonValue, KeyedChange, KeyedEntry, KeyedStore, RangeQuery } from '@penstock/ports';

/** A store whose rows may be exchanged as a whole under those who have it open. */
export class ReplaceableStore implements KeyedStore {
  constructor(private current: KeyedStore) {}

  become(store: KeyedStore): void {
    this.current = store;
  }

  positions(): Promise<ReadonlyMap<string, number>> {
    return this.current.positions();
  }

  get(key: string): Promise<JsonValue | undefined> {
    return this.current.get(key);
  }

  range(query: RangeQuery): Promise<readonly KeyedEntry[]> {
    return this.current.range(query);
  }

  write(change: KeyedChange): Promise<void> {
    return this.current.write(change);
  }
}
