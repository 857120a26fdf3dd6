import { createRequire } from 'node:module';

interface SentRequest {
  readonly sentAt: number;
  readonly requestTimeout: number;
  timeoutRequest(): void;
}

interface RequestQueue {
  readonly enforceRequestTimeout: boolean;
  readonly requestTimeout: number;
  readonly inflight: ReadonlyMap<number, SentRequest>;
  readonly isConnected: () => boolean;
  requestTimeoutIntervalId: NodeJS.Timeout | undefined;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
}

type Method = (this: RequestQueue) => void;

interface RequestQueueClass {
  readonly prototype: { scheduleRequestTimeoutCheck: Method; destroy: Method };
}

const GUARDED = Symbol.for('penstock.kafkajs.request-timeout-guard');
const MAX_CHECK_MS = 100;
const require = createRequire(import.meta.url);

/**
 * Has every request end. kafkajs 2.2.4 looks for requests that took too long only while a connection counts as connected
 * (network/requestQueue/index.js); one that is being closed, because the cluster does not name its broker any more,
 * waits for the answers to what was sent, and if the broker dies meanwhile nobody rejects those requests (`onEnd` of
 * network/connection.js): neither they nor the refresh of metadata that closes the connection ever end, nor does any
 * request after that of whoever waits for the refresh. A connection that was made anew while it was being closed is
 * closed with what was sent on it in the same way. Here the check goes on until nothing is on its way.
 *
 * @returns what takes the guard off again, for the test that shows it is needed.
 */
export function guardRequestTimeouts(): () => void {
  const { prototype } = require('kafkajs/src/network/requestQueue') as RequestQueueClass;
  const { scheduleRequestTimeoutCheck, destroy } = prototype;
  if (typeof scheduleRequestTimeoutCheck !== 'function' || typeof destroy !== 'function') {
    throw new Error('kafkajs is not the release that this adapter guards (2.2.4): its request queue is another');
  }
  if (GUARDED in scheduleRequestTimeoutCheck) return () => {};
  prototype.scheduleRequestTimeoutCheck = Object.assign(scheduleGuarded, { [GUARDED]: true });
  prototype.destroy = destroyGuarded;
  return () => {
    Object.assign(prototype, { scheduleRequestTimeoutCheck, destroy });
  };
}

function scheduleGuarded(this: RequestQueue): void {
  if (!this.enforceRequestTimeout) return;
  clearInterval(this.requestTimeoutIntervalId);
  const check = (): void => {
    const now = Date.now();
    for (const request of [...this.inflight.values()]) {
      if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
    }
    if (!this.isConnected() && this.inflight.size === 0) clearInterval(this.requestTimeoutIntervalId);
  };
  this.requestTimeoutIntervalId = setInterval(check, Math.min(this.requestTimeout, MAX_CHECK_MS));
}

/** The check ends by itself where something is on its way. */
function destroyGuarded(this: RequestQueue): void {
  if (this.inflight.size === 0) clearInterval(this.requestTimeoutIntervalId);
  if (this.throttleCheckTimeoutId) clearTimeout(this.throttleCheckTimeoutId);
  this.throttleCheckTimeoutId = null;
}
