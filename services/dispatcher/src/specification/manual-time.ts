import type { Clock, TimerHandle, Timers } from '@penstock/ports';

interface Planned {
  readonly at: number;
  readonly callback: () => void;
}

/** Time for specifications: it stands still until it is advanced, and then every timer fires at its moment. */
export class ManualTime implements Clock, Timers {
  private elapsedMs = 0;
  private jumpedMs = 0;
  private planned: Planned[] = [];

  constructor(private readonly start = 1_700_000_000_000) {}

  now(): number {
    return this.start + this.elapsedMs + this.jumpedMs;
  }

  /** Somebody sets the wall clock; no time passes. */
  jump(byMs: number): void {
    this.jumpedMs += byMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    const planned = { at: this.elapsedMs + delayMs, callback };
    this.planned.push(planned);
    return {
      cancel: () => {
        this.planned = this.planned.filter((one) => one !== planned);
      },
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  get timers(): number {
    return this.planned.length;
  }

  /** Fires what falls due on the way, in order, and lets everything that follows from each happen. */
  async advance(byMs: number): Promise<void> {
    const until = this.elapsedMs + byMs;
    await settle();
    for (let next = this.next(until); next; next = this.next(until)) {
      this.planned = this.planned.filter((one) => one !== next);
      this.elapsedMs = Math.max(this.elapsedMs, next.at);
      next.callback();
      await settle();
    }
    this.elapsedMs = until;
  }

  private next(until: number): Planned | undefined {
    let first: Planned | undefined;
    for (const one of this.planned) if (one.at <= until && (!first || one.at < first.at)) first = one;
    return first;
  }
}

/** More microtasks in a row than any reaction of the dispatcher needs. */
const REACTION = 300;

export async function settle(): Promise<void> {
  for (let turn = 0; turn < REACTION; turn++) await undefined;
}
