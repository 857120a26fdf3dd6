/** Taken before the guard poisons the globals. */
const realSetImmediate = setImmediate;

/** Resolves once every promise that can settle without time passing has settled, and all their followers. */
export function drainMicrotasks(): Promise<void> {
  return new Promise((resolve) => {
    realSetImmediate(resolve);
  });
}
