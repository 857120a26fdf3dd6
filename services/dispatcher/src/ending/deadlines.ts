import type { Clock, Timers } from '@penstock/ports';

/**
 * What has to have happened so long after the stop began, ms. All of it lies within the time after which a process is
 * ended anyway (30 s), whatever takes its longest: a source that is not released is waited for by its next owner.
 */
export const STOP_BY = {
  /** What is under way at the receivers. */
  transactions: 10_000,
  /** Sockets that were cut, or said goodbye. */
  sockets: 13_000,
  /** Outcomes, in the log. */
  outcomes: 18_000,
  sources: 22_000,
  /** Positions; without them commands that are settled are read again. */
  positions: 23_000,
} as const;

/** Deadlines that begin when it is made. */
export class Deadlines {
  private readonly beganAt: number;

  constructor(private readonly ports: { readonly clock: Clock; readonly timers: Timers }) {
    this.beganAt = ports.clock.monotonic();
  }

  /** Resolves when `done` does, either way, or so long after the begin, ms. */
  by(deadlineMs: number, done: Promise<unknown>): Promise<void> {
    const { clock, timers } = this.ports;
    return atMost(timers, Math.max(0, this.beganAt + deadlineMs - clock.monotonic()), done);
  }
}

export function atMost(timers: Timers, limitMs: number, done: Promise<unknown>): Promise<void> {
  return new Promise<void>((resolve) => {
    const timer = timers.after(limitMs, resolve);
    const finish = (): void => {
      timer.cancel();
      resolve();
    };
    done.then(finish, finish);
  });
}
