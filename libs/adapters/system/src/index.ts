import { randomFillSync } from 'node:crypto';
import type { Clock, Random, TimerHandle, Timers } from '@penstock/ports';

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

export const systemTimers: Timers = {
  after(delayMs: number, callback: () => void): TimerHandle {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  sleep: (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs)),
};

export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (length: number) => randomFillSync(new Uint8Array(length)),
};
