import { MemoryKeyedStore, MemoryStateCopies } from '@penstock/adapter-memory';
import type { KeyedStore, StateCopies, StateCopy } from '@penstock/ports';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import { latency } from '../time/latency.ts';

const ROWS_AT_ONCE = 20;
const EVERYTHING = { from: '', to: '\uffff', limit: Number.MAX_SAFE_INTEGER };

/**
 * Copies outlive every process and every disk, and fail with the content they lie beside. Rows come back a few at a
 * time, so that a process can die between two writes.
 */
export class SimulatedCopies {
  private readonly copies = new MemoryStateCopies();

  constructor(private readonly faults: FaultPlan) {}

  connect(process: SimulatedProcess): StateCopies {
    const random = process.simulation.random(`copies ${process.label}`);
    const call = <R>(what: string, effect: () => Promise<R>) =>
      process.callEngine(`copies ${what}`, latency(random), latency(random), () => {
        if (this.faults.happens('content_failed')) throw new Error('the copies are away');
        return effect();
      });
    return {
      copy: async (name, store, signal) => {
        const whole = await readWhole(store);
        await call('copy', () => this.copies.copy(name, whole, signal));
      },
      newest: async (name) => {
        const copy = await call('newest', () => this.copies.newest(name));
        return copy && { positions: copy.positions, restore: (store) => restoreSlowly(copy, store) };
      },
    };
  }
}

async function readWhole(store: KeyedStore): Promise<KeyedStore> {
  const whole = new MemoryKeyedStore();
  const positions = await store.positions();
  await whole.write({ puts: await store.range(EVERYTHING), positions });
  return whole;
}

async function restoreSlowly(copy: StateCopy, store: KeyedStore): Promise<void> {
  const whole = new MemoryKeyedStore();
  await copy.restore(whole);
  const rows = await whole.range(EVERYTHING);
  for (let first = 0; first < rows.length; first += ROWS_AT_ONCE) {
    await store.write({ puts: rows.slice(first, first + ROWS_AT_ONCE) });
  }
  await store.write({ positions: copy.positions });
}
