import type { TimerHandle, Timers } from '@penstock/ports';
import type { Departure } from '../ownership/succession.ts';
import type { Connections } from './connections.ts';

/**
 * For what is under way when its source is given up. Replies that came while the process stood still are read within
 * this, and others' wait for our silence is longer.
 */
const GRACE_MS: Readonly<Record<Departure, number>> = { handover: 10_000, stale: 2000 };

/** The end of a path whose source is given up: what is under way may end, and then every socket is closed. */
export class PathDeparture {
  /** What was under way took too long. */
  isCut = false;
  /** Resolves when every socket is closed. */
  readonly gone: Promise<void>;
  private settle: () => void = () => {};
  private readonly cut: TimerHandle;

  constructor(
    private readonly connections: Connections,
    timers: Timers,
    private readonly departure: Departure,
  ) {
    this.gone = new Promise((resolve) => {
      this.settle = resolve;
    });
    this.cut = timers.after(GRACE_MS[departure], () => {
      this.isCut = true;
      connections.abortAll();
    });
  }

  /** Something ended. Who has been silent for too long does not even say farewell. */
  goOn(): void {
    this.connections.closeIdle(this.departure === 'stale');
    if (this.connections.size > 0) return;
    this.cut.cancel();
    this.settle();
  }
}
