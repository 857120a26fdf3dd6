import { MemoryQuotaData, MemoryQuotaStore } from '@penstock/adapter-memory';
import type { QuotaStore } from '@penstock/ports';
import type { SimulatedProcess } from '../simulated-process.ts';
import type { Simulation } from '../simulation.ts';
import { latency } from '../time/latency.ts';

/** One store of budgets for all processes, on a clock of its own. */
export class SimulatedQuotas {
  private readonly data = new MemoryQuotaData();
  private readonly store: MemoryQuotaStore;

  constructor(simulation: Simulation) {
    this.store = new MemoryQuotaStore(() => simulation.now, this.data);
  }

  connect(process: SimulatedProcess): QuotaStore {
    const random = process.simulation.random(`quotas ${process.label}`);
    const call = <R>(what: string, effect: () => Promise<R>) =>
      process.call(`quotas ${what}`, latency(random), latency(random), effect);
    return {
      ask: (requests) => call('ask', () => this.store.ask(requests)),
      leave: (asker, keys) => call('leave', () => this.store.leave(asker, keys)),
    };
  }
}
