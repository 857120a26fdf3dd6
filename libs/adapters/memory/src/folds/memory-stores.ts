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

export class MemoryReadModels extends MemoryStateStore implements ReadModels {}
