import type { Clock, TimerHandle, Timers } from '@penstock/ports';

/** One timer for everything a path waits for. */
export class WakeUp {
  private planned: { readonly at: number; readonly handle: TimerHandle } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly wake: () => void,
  ) {}

  /** Wakes at `at`, monotonic ms, unless something earlier is planned: whoever is woken plans anew. */
  at(at: number): void {
    if (this.planned && this.planned.at <= at) return;
    this.cancel();
    const delayMs = Math.max(1, Math.ceil(at - this.clock.monotonic()));
    const handle = this.timers.after(delayMs, () => {
      this.planned = undefined;
      this.wake();
    });
    this.planned = { at, handle };
  }

  cancel(): void {
    this.planned?.handle.cancel();
    this.planned = undefined;
  }
}
