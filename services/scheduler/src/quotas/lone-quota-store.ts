import type { QuotaAnswer, QuotaRequest, QuotaStore } from '@penstock/ports';
import type { PartitionShare } from './share-of-budgets.ts';

/**
 * Budgets in the memory of one process. They hold only while it owns every partition; where others own some, each of
 * them would grant the whole limit, so this store counts as away, and each grants its share by itself.
 */
export class LoneQuotaStore implements QuotaStore {
  constructor(
    private readonly store: QuotaStore,
    private readonly share: () => PartitionShare,
  ) {}

  async ask(requests: readonly QuotaRequest[]): Promise<readonly QuotaAnswer[]> {
    const { owned, all } = this.share();
    if (owned < all) {
      throw new Error(`budgets lie in this process, which owns ${owned} of ${all} partitions: set PENSTOCK_REDIS_URL`);
    }
    return this.store.ask(requests);
  }

  leave(asker: string, keys: readonly string[]): Promise<void> {
    return this.store.leave(asker, keys);
  }
}
