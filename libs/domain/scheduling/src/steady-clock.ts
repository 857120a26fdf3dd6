/**
 * Time that never jumps. It runs with the monotonic clock and moves towards the wall clock by at most a twentieth of
 * the time that passes: a wall clock set forward by an hour expires nothing, and is caught up with in twenty.
 */
export interface SteadyReading {
  /** What the steady clock shows, ms since the epoch. */
  readonly steadyMs: number;
  /** The monotonic clock at that moment. */
  readonly monotonicMs: number;
}

/** How fast it moves towards the wall clock, beside the time that passes. */
export const MOST_SLEW = 0.05;

/**
 * One reading makes up for at most this much time, ms: two processes, of which one was asked lately and the other an
 * hour ago, must agree about a wall clock that was set a moment ago.
 */
const LONGEST_MADE_UP_MS = 60_000;

/** The first reading believes the wall clock; later ones (`before` given) never run backwards. */
export function readSteadily(before: SteadyReading | undefined, wallMs: number, monotonicMs: number): SteadyReading {
  if (!before) return { steadyMs: wallMs, monotonicMs };
  const passed = Math.max(0, monotonicMs - before.monotonicMs);
  const due = before.steadyMs + passed;
  const most = Math.min(passed, LONGEST_MADE_UP_MS) * MOST_SLEW;
  const slew = Math.min(most, Math.max(-most, wallMs - due));
  return { steadyMs: due + slew, monotonicMs: Math.max(monotonicMs, before.monotonicMs) };
}

/** The wall clock is asked again when this much time has passed: in less it moves nothing by a millisecond. */
const ASK_WALL_EVERY_MS = 1;

export interface WallAndMonotonic {
  now(): number;
  monotonic(): number;
}

/** Reads the two clocks it is given whenever it is asked; stands in for them where times are compared. */
export class SteadyClock implements WallAndMonotonic {
  private reading: SteadyReading;

  /** Believes the wall clock as it is now. */
  constructor(private readonly clock: WallAndMonotonic) {
    this.reading = readSteadily(undefined, clock.now(), clock.monotonic());
  }

  /** Forgets what it showed and believes the wall clock as it is now: it may jump, ahead or back. */
  believeWall(): void {
    this.reading = readSteadily(undefined, this.clock.now(), this.clock.monotonic());
  }

  /** Whole milliseconds since the epoch, never less than before. */
  now(): number {
    const monotonicMs = this.clock.monotonic();
    const { steadyMs, monotonicMs: readAt } = this.reading;
    const passed = monotonicMs - readAt;
    // Less than due by the slew that the next reading may take back, so that it is not less than this one.
    if (passed < ASK_WALL_EVERY_MS) return Math.floor(steadyMs + Math.max(0, passed) * (1 - MOST_SLEW));
    this.reading = readSteadily(this.reading, this.clock.now(), monotonicMs);
    return Math.floor(this.reading.steadyMs);
  }

  monotonic(): number {
    return this.clock.monotonic();
  }
}
