import { randomFillSync } from 'node:crypto';
import type { Clock, Random, TimerHandle, Timers } from '@penstock/ports';
import { SystemClock } from './system-clock.ts';

export const systemClock: Clock = new SystemClock();

export const systemTimers: Timers = {
  after(delayMs: number, callback: () => void): TimerHandle {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  sleep: (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs)),
};

const POOL_BYTES = 8192;

/** Draws from the system a pool at a time: a call each would cost more than all else that makes an id. */
class PooledRandom implements Random {
  private pool = new Uint8Array(0);
  private used = 0;

  next(): number {
    return Math.random();
  }

  bytes(length: number): Uint8Array {
    if (length > POOL_BYTES) return randomFillSync(new Uint8Array(length));
    if (this.used + length > this.pool.length) {
      // A new pool each time: what was handed out keeps its bytes, and nobody gets them twice.
      this.pool = randomFillSync(new Uint8Array(POOL_BYTES));
      this.used = 0;
    }
    const start = this.used;
    this.used += length;
    return this.pool.slice(start, this.used);
  }
}

export const systemRandom: Random = new PooledRandom();
