import type { KeyedStore, ReadModels } from '@penstock/ports';
import { loadScript } from '../connection/lua-script.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import { loadStoreScripts, RedisKeyedStore, runOnRows, type StoreKeys } from './redis-keyed-store.ts';

/** Read models in Redis. All have one hash tag: `replace` moves one to the place of another in one step. */
export class RedisReadModels implements ReadModels {
  private readonly scripts = loadStoreScripts();
  private readonly discardStore = loadScript('discard-store');
  private readonly replaceStore = loadScript('replace-store');

  constructor(private readonly connection: RedisConnection) {}

  async open(model: string): Promise<KeyedStore> {
    return new RedisKeyedStore(this.connection, this.keys(model), this.scripts);
  }

  async discard(model: string): Promise<void> {
    await runOnRows(this.connection, this.discardStore, listed(this.keys(model)), []);
  }

  async replace(model: string, other: string): Promise<void> {
    const keys = [...listed(this.keys(model)), ...listed(this.keys(other))];
    await runOnRows(this.connection, this.replaceStore, keys, []);
  }

  private keys(model: string): StoreKeys {
    const start = `${this.connection.prefix}:{models}:${model}`;
    return {
      rows: `${start}:rows`,
      order: `${start}:order`,
      counts: `${start}:counts`,
      positions: `${start}:positions`,
    };
  }
}

function listed({ rows, order, counts, positions }: StoreKeys): readonly string[] {
  return [rows, order, counts, positions];
}
