import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
}

interface RequestQueueClass {
  readonly prototype: { scheduleCheckPendingRequests: (this: RequestQueue) => void };
}

const GUARDED = Symbol.for('penstock.kafkajs.idle-timer-guard');
const require = createRequire(import.meta.url);

/**
 * Keeps connections that have nothing to send from setting a timer. After every answer kafkajs 2.2.4 calls
 * `scheduleCheckPendingRequests` (network/requestQueue/index.js), which sets a timer with a negative delay, hence of
 * 1 ms, although nothing is pending; when it fires it sets the next, for as long as the connection lives (issue
 * 1751). With something pending the method is right, and whoever adds something calls it.
 *
 * @returns what takes the guard off again, for the test that shows it is needed.
 */
export function guardIdleTimers(): () => void {
  const { prototype } = require('kafkajs/src/network/requestQueue') as RequestQueueClass;
  const original = prototype.scheduleCheckPendingRequests;
  if (typeof original !== 'function') {
    throw new Error('kafkajs is not the release that this adapter guards (2.2.4): its request queue is another');
  }
  if (GUARDED in original) return () => {};
  const guarded = function (this: RequestQueue): void {
    if (this.pending.length > 0) original.call(this);
  };
  prototype.scheduleCheckPendingRequests = Object.assign(guarded, { [GUARDED]: true });
  return () => {
    prototype.scheduleCheckPendingRequests = original;
  };
}
