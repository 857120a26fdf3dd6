import { MemoryQuotaData, MemoryQuotaStore } from '@penstock/adapter-memory';
import type { QuotaStore } from '@penstock/ports';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import type { Simulation } from '../simulation.ts';
import { latency } from '../time/latency.ts';

/** From a restart to a failover that somebody has to look after. */
const AWAY_MS = { least: 500, most: 120_000 };

/** One store of budgets for all processes, on a clock of its own. It may be away for a while, and forget everything. */
export class SimulatedQuotas {
  /** When it forgot everything, ms since the epoch. */
  readonly flushes: number[] = [];
  private readonly data = new MemoryQuotaData();
  private readonly store: MemoryQuotaStore;
  private awayUntil = 0;

  constructor(
    private readonly simulation: Simulation,
    private readonly faults: FaultPlan,
  ) {
    this.store = new MemoryQuotaStore(() => simulation.now, this.data);
  }

  connect(process: SimulatedProcess): QuotaStore {
    const random = this.simulation.random(`quotas ${process.label}`);
    const call = <R>(what: string, effect: () => Promise<R>) =>
      process.call(`quotas ${what}`, latency(random), latency(random), () => {
        this.goWrong();
        return effect();
      });
    return {
      ask: (requests) => call('ask', () => this.store.ask(requests)),
      leave: (asker, keys) => call('leave', () => this.store.leave(asker, keys)),
    };
  }

  private goWrong(): void {
    const { simulation, faults } = this;
    if (faults.happens('quotas_flushed')) {
      this.data.budgets.clear();
      this.flushes.push(simulation.now);
    }
    if (faults.happens('quotas_away')) {
      this.awayUntil = simulation.now + simulation.random('quotas').between(AWAY_MS.least, AWAY_MS.most);
    }
    if (faults.active && simulation.now < this.awayUntil) throw new Error('the store of budgets is away');
  }
}
