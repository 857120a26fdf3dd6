import type { KeyedEntry, KeyedStore, StateCopies, StateCopy } from '@penstock/ports';

interface HeldCopy {
  readonly positions: ReadonlyMap<string, number>;
  readonly rows: readonly KeyedEntry[];
}

/** Copies apart from any connection to them; only the newest of a name is kept. */
export class MemoryCopiesData {
  readonly copies = new Map<string, HeldCopy>();
}

export class MemoryStateCopies implements StateCopies {
  constructor(readonly data = new MemoryCopiesData()) {}

  async copy(name: string, store: KeyedStore, signal: AbortSignal): Promise<void> {
    const positions = await store.positions();
    const rows = await store.range({ from: '', to: '\uffff', limit: Number.MAX_SAFE_INTEGER });
    signal.throwIfAborted();
    this.data.copies.set(name, { positions: new Map(positions), rows: structuredClone(rows) });
  }

  async newest(name: string): Promise<StateCopy | undefined> {
    const held = this.data.copies.get(name);
    return (
      held && {
        positions: held.positions,
        restore: (store) => store.write({ puts: structuredClone(held.rows), positions: held.positions }),
      }
    );
  }
}
