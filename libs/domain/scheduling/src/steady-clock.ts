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

/** The first reading believes the wall clock; later ones (`before` given) never run backwards. */
export function readSteadily(before: SteadyReading | undefined, wallMs: number, monotonicMs: number): SteadyReading {
  if (!before) return { steadyMs: wallMs, monotonicMs };
  const passed = Math.max(0, monotonicMs - before.monotonicMs);
  const due = before.steadyMs + passed;
  const most = passed * MOST_SLEW;
  const slew = Math.min(most, Math.max(-most, wallMs - due));
  return { steadyMs: due + slew, monotonicMs: Math.max(monotonicMs, before.monotonicMs) };
}

export interface WallAndMonotonic {
  now(): number;
  monotonic(): number;
}

/** Reads the two clocks it is given whenever it is asked. */
export class SteadyClock {
  private reading: SteadyReading | undefined;

  constructor(private readonly clock: WallAndMonotonic) {}

  /** Whole milliseconds since the epoch, never less than before. */
  now(): number {
    this.reading = readSteadily(this.reading, this.clock.now(), this.clock.monotonic());
    return Math.floor(this.reading.steadyMs);
  }
}
