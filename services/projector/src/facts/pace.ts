import type { Clock, Timers } from '@penstock/ports';

/** Longest one piece of work goes on before others get their turn. */
const STRETCH_MS = 8;

/** Shares a thread: works for a short stretch, then lets everybody else run. */
export class Pace {
  private since: number;

  constructor(
    private readonly clock: Clock,
    private readonly timers: Timers,
    /** Called whenever others had their turn, and often enough otherwise; throws to end the work. */
    private readonly check: () => void,
  ) {
    this.since = clock.monotonic();
  }

  async breathe(): Promise<void> {
    this.check();
    if (this.clock.monotonic() - this.since < STRETCH_MS) return;
    await this.timers.sleep(0);
    this.since = this.clock.monotonic();
    this.check();
  }
}
