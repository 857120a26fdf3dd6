import { MemoryContentData, MemoryContentStore } from '@penstock/adapter-memory';
import type { ContentStore } from '@penstock/ports';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import { latency } from '../time/latency.ts';

/** Content outlives every process; each call may fail. */
export class SimulatedContent {
  private readonly data = new MemoryContentData();
  private readonly store = new MemoryContentStore(this.data);

  constructor(private readonly faults: FaultPlan) {}

  /** What lies there, for checkers. */
  bytes(reference: string): Uint8Array | undefined {
    return this.data.blobs.get(reference);
  }

  connect(process: SimulatedProcess): ContentStore {
    const random = process.simulation.random(`content ${process.label}`);
    const call = <R>(what: string, effect: () => Promise<R>) =>
      process.callEngine(`content ${what}`, latency(random), latency(random), () => {
        if (this.faults.happens('content_failed')) throw new Error('the content store is away');
        return effect();
      });
    return {
      put: (blobs) => call('put', () => this.store.put(blobs)),
      get: (reference) => call('get', () => this.store.get(reference)),
    };
  }
}
