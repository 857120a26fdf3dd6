import type { Simulation } from '../simulation.ts';

/** Wall clocks of the hosts, by the name of the processes that run there: all are right until somebody sets one. */
export class HostClocks {
  /** The furthest that any of them was ever off, ms. */
  mostOffMs = 0;
  private readonly offMs = new Map<string, number>();

  constructor(private readonly simulation: Simulation) {}

  /** By how much the clock is ahead (or behind, below 0) of the time, ms. */
  off(host: string): number {
    return this.offMs.get(host) ?? 0;
  }

  set(host: string, offMs: number): void {
    if (offMs === this.off(host)) return;
    this.simulation.note(`clock of ${host} is set to ${offMs} ms off`);
    this.offMs.set(host, offMs);
    this.mostOffMs = Math.max(this.mostOffMs, Math.abs(offMs));
  }

  setAllRight(): void {
    for (const host of this.offMs.keys()) this.set(host, 0);
  }
}
