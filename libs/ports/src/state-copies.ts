import type { KeyedStore } from './keyed-store.ts';

/**
 * Copies of keyed stores, kept where every host reads them: a new owner starts from one instead of folding the whole
 * log. Caches of caches: what is lost costs time.
 */
export interface StateCopies {
  /**
   * Copies rows and positions under a name; older copies of that name are removed afterwards. Nobody may write to the
   * store meanwhile. Rejects when `signal` is aborted; a copy that is not whole is never found.
   */
  copy(name: string, store: KeyedStore, signal: AbortSignal): Promise<void>;
  /** The newest whole copy of a name. */
  newest(name: string): Promise<StateCopy | undefined>;
}

export interface StateCopy {
  /** Those of the store when it was copied. */
  readonly positions: ReadonlyMap<string, number>;
  /**
   * Writes the rows to an empty store, and the positions with the last of them: a store without them is a part of a
   * copy. Rejects where the copy is damaged or gone.
   */
  restore(store: KeyedStore): Promise<void>;
}
