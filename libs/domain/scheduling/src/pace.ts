/** Pace at the wire: GCRA, so that a rate is smooth and no window holds more than its burst and its share. */

/** `count` in each `periodMs`, at most `burst` (1 or more) at once. The policy's `Rate` is one. */
export interface PaceRate {
  readonly count: number;
  readonly periodMs: number;
  readonly burst: number;
}

/**
 * A generic cell rate algorithm. It starts empty: the first token comes one interval after the start and the burst
 * fills up from there, since whoever held the pace before us may have spent it a moment ago. In any window of W ms it
 * gives at most burst + W × count ÷ periodMs tokens.
 *
 * Times are milliseconds of one monotonic clock.
 */
export class Pacer {
  /** Milliseconds between two tokens. */
  readonly intervalMs: number;
  private readonly toleranceMs: number;
  /** When the bucket will be full again: GCRA's theoretical arrival time. */
  private fullAt: number;

  constructor(rate: PaceRate, start: number) {
    if (!(rate.count > 0) || !(rate.periodMs > 0)) throw new RangeError('a rate needs a positive count and period');
    this.intervalMs = rate.periodMs / rate.count;
    this.toleranceMs = (Math.max(1, rate.burst) - 1) * this.intervalMs;
    this.fullAt = start + this.toleranceMs + this.intervalMs;
  }

  /** Milliseconds until a token is there, 0 if one is. Takes nothing. */
  waitMs(now: number): number {
    return Math.max(0, this.fullAt - this.toleranceMs - now);
  }

  /** Takes a token and answers 0, or takes none and answers how long to wait before asking again. */
  take(now: number): number {
    const waitMs = this.waitMs(now);
    if (waitMs === 0) this.fullAt = Math.max(now, this.fullAt) + this.intervalMs;
    return waitMs;
  }

  /** Whether it could be replaced by a new one that has been running for long: nothing is owed. */
  full(now: number): boolean {
    return this.fullAt <= now;
  }
}
