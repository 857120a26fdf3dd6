/** A timer not yet fired. */
export interface TimerHandle {
  cancel(): void;
}

/** Everything that waits for time to pass goes through here, so that a simulation can own it. */
export interface Timers {
  /** Runs `callback` once, `delayMs` from now at the earliest. */
  after(delayMs: number, callback: () => void): TimerHandle;
  /** Resolves `delayMs` from now at the earliest. */
  sleep(delayMs: number): Promise<void>;
}
