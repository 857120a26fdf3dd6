import type { RetryPolicy } from '@penstock/policy';

/** Whether and how long a path rests after what its receiver said. Times in ms since the epoch. */
export class Suspension {
  /** How many suspensions in a row, 0 when all is well. */
  step: number;
  until: number;
  /** Counts suspensions: evidence gathered under an earlier one is none. */
  era = 0;

  constructor(known?: { readonly step: number; readonly until: number }) {
    this.step = known?.step ?? 0;
    this.until = known?.until ?? 0;
  }

  active(now: number): boolean {
    return now < this.until;
  }

  /** Doubles from `suspendMs` up to `maxSuspendMs`. */
  suspend(now: number, { suspendMs, maxSuspendMs }: RetryPolicy): void {
    this.step++;
    this.era++;
    this.until = now + Math.min(suspendMs * 2 ** Math.min(this.step - 1, 30), maxSuspendMs);
  }

  /** Whether there was something to lift. */
  lift(): boolean {
    const lifted = this.step > 0;
    this.step = 0;
    this.until = 0;
    return lifted;
  }
}
