import type { KeyedStore } from './keyed-store.ts';

/** Folded state of a service, one store per name (`scheduler-3`). A cache of the fold: lost, it is rebuilt. */
export interface StateStore {
  open(name: string): Promise<KeyedStore>;
}

/** What the query API reads, one store per model (`lanes`). Can be thrown away and rebuilt. */
export interface ReadModels {
  open(model: string): Promise<KeyedStore>;
}
