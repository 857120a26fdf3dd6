/** Wall time, for what is written down and shown. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  now(): number;
  /** Milliseconds that only move forward, from an arbitrary start; for durations, deadlines and pace. */
  monotonic(): number;
}
