import { uptime } from 'node:os';
import type { Clock } from '@penstock/ports';

/** Milliseconds, each from a start of its own. */
export interface ClockSources {
  wall(): number;
  /** Stands still while the machine sleeps, on Linux. */
  awake(): number;
  /** Runs on while the machine sleeps; to 10 ms, and dear to ask. */
  sinceBoot(): number;
}

const SYSTEM: ClockSources = {
  wall: () => Date.now(),
  awake: () => performance.now(),
  sinceBoot: () => uptime() * 1000,
};

/** What is less is drift. */
const JUMP_MS = 1000;

/** The wall clock is compared at most this often: the monotonic one is read more than ten times a delivery. */
const COMPARE_EVERY_MS = 1;

/**
 * Monotonic time counts what the machine slept: that time did pass, for retries and for owners of sources. A wall
 * clock that somebody set changes nothing of it; the two are told apart by the time since boot, which is asked only
 * when the wall clock jumped. A sleep is noticed a millisecond after it, by the clock that stood still.
 */
export class SystemClock implements Clock {
  private sleptMs = 0;
  private wallAhead: number;
  private compareAt: number;
  private readonly bootAhead: number;

  constructor(private readonly sources: ClockSources = SYSTEM) {
    this.compareAt = sources.awake();
    this.wallAhead = sources.wall() - this.compareAt;
    this.bootAhead = sources.sinceBoot() - sources.awake();
  }

  now(): number {
    return this.sources.wall();
  }

  monotonic(): number {
    const awake = this.sources.awake();
    if (awake >= this.compareAt) this.compare(awake);
    return awake + this.sleptMs;
  }

  private compare(awake: number): void {
    this.compareAt = awake + COMPARE_EVERY_MS;
    const wallAhead = this.sources.wall() - awake;
    if (Math.abs(wallAhead - this.wallAhead) > JUMP_MS) this.jumped(wallAhead);
  }

  private jumped(wallAhead: number): void {
    this.wallAhead = wallAhead;
    const sleptMs = this.sources.sinceBoot() - this.sources.awake() - this.bootAhead;
    if (sleptMs - this.sleptMs > JUMP_MS) this.sleptMs = sleptMs;
  }
}
