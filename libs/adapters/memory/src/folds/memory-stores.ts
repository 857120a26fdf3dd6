import type { KeyedStore, ReadModels, StateStore } from '@penstock/ports';
import { MemoryKeyedData, MemoryKeyedStore } from './memory-keyed-store.ts';

/** Stores by name, apart from any connection to them. */
export class MemoryStoresData {
  private readonly stores = new Map<string, MemoryKeyedData>();

  store(name: string): MemoryKeyedData {
    let data = this.stores.get(name);
    if (!data) {
      data = new MemoryKeyedData();
      this.stores.set(name, data);
    }
    return data;
  }

  /** Puts a store in the place of another; nothing where there is none of that name. */
  rename(name: string, to: string): void {
    const data = this.stores.get(name);
    if (!data) return;
    this.stores.delete(name);
    this.stores.set(to, data);
  }

  /** Loses the store, as a fold may be lost at any time. */
  forget(name: string): void {
    this.stores.delete(name);
  }
}

export class MemoryStateStore implements StateStore {
  constructor(readonly data = new MemoryStoresData()) {}

  async open(name: string): Promise<KeyedStore> {
    return new MemoryKeyedStore(this.data.store(name));
  }
}

/** Every call finds the store by its name, so whoever has one open sees the rows that took its place. */
export class MemoryReadModels implements ReadModels {
  constructor(readonly data = new MemoryStoresData()) {}

  async open(model: string): Promise<KeyedStore> {
    const store = () => new MemoryKeyedStore(this.data.store(model));
    return {
      positions: () => store().positions(),
      get: (key) => store().get(key),
      range: (query) => store().range(query),
      write: (change) => store().write(change),
    };
  }

  async discard(model: string): Promise<void> {
    this.data.forget(model);
  }

  async replace(model: string, other: string): Promise<void> {
    this.data.store(other);
    this.data.rename(other, model);
  }
}
