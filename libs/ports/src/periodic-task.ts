import type { TimerHandle, Timers } from './timers.ts';

/** Does one thing again and again, each time a pause after the last was done: two of it never run at once. */
export class PeriodicTask {
  private timer: TimerHandle | undefined;
  private stopped = false;

  /**
   * @param pauseMs before the first time, and between the end of one and the begin of the next
   * @param task tells its own failures: one that rejects is done again like any other
   */
  constructor(
    private readonly timers: Pick<Timers, 'after'>,
    private readonly pauseMs: number,
    private readonly task: () => Promise<void>,
  ) {}

  start(): void {
    if (this.stopped) return;
    this.timer = this.timers.after(this.pauseMs, () => {
      void this.task()
        .catch(() => undefined)
        .then(() => this.start());
    });
  }

  /** What is under way goes on to its end, and is not followed by another. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }
}
