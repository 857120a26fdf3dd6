import type { Clock, TimerHandle, Timers } from '@penstock/ports';
import type { ManualTime } from './manual-time.ts';

/** Time as a process has it that may be stopped (SIGSTOP) and go on later: its timers fire late, its clocks run on. */
export class StoppedProcess implements Clock, Timers {
  private stopped = false;
  private due: (() => void)[] = [];
  private waiting: (() => void)[] = [];

  constructor(private readonly time: ManualTime) {}

  stop(): void {
    this.stopped = true;
  }

  /** Goes on: what fell due meanwhile happens first, as in an event loop. */
  goOn(): void {
    this.stopped = false;
    for (const callback of this.due.splice(0)) callback();
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Resolves when the process runs: for hooks in front of what it does. */
  async running(): Promise<void> {
    if (this.stopped) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  now(): number {
    return this.time.now();
  }

  monotonic(): number {
    return this.time.monotonic();
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    let cancelled = false;
    const fire = () => {
      if (!cancelled) callback();
    };
    const handle = this.time.after(delayMs, () => {
      if (this.stopped) this.due.push(fire);
      else fire();
    });
    return {
      cancel: () => {
        cancelled = true;
        handle.cancel();
      },
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }
}
