import type { KeyedStore } from './keyed-store.ts';

/** Folded state of a service, one store per name (`scheduler-3`). A cache of the fold: lost, it is rebuilt. */
export interface StateStore {
  open(name: string): Promise<KeyedStore>;
}

/** What the query API reads, one store per model (`lanes`). Can be thrown away and rebuilt. */
export interface ReadModels {
  open(model: string): Promise<KeyedStore>;

  /** Forgets the model with everything in it; nothing where there is none. What was opened by this name is over. */
  discard(model: string): Promise<void>;

  /**
   * Puts rows and positions of `other` in the place of `model`'s; `other` is gone then. Stores opened as `model` show
   * the new rows. Whenever the process is killed, one or the other is there whole.
   */
  replace(model: string, other: string): Promise<void>;
}
