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
  destroy(): void;
}

interface RequestQueueClass {
  readonly prototype: { scheduleRequestTimeoutCheck: (this: RequestQueue) => void };
}

const GUARDED = Symbol.for('penstock.kafkajs.request-timeout-guard');
const MAX_CHECK_MS = 100;
const require = createRequire(import.meta.url);

/**
 * Has every request end. kafkajs 2.2.4 looks for requests that took too long only while a connection counts as connected
 * (network/requestQueue/index.js); one that is being closed, because the cluster does not name its broker any more,
 * waits for the answers to what was sent, and if the broker dies meanwhile nobody rejects those requests (`onEnd` of
 * network/connection.js): neither they nor the refresh of metadata that closes the connection ever end, nor does any
 * request after that of whoever waits for the refresh. Here the check goes on until nothing is on its way.
 *
 * @returns what takes the guard off again, for the test that shows it is needed.
 */
export function guardRequestTimeouts(): () => void {
  const { prototype } = require('kafkajs/src/network/requestQueue') as RequestQueueClass;
  const original = prototype.scheduleRequestTimeoutCheck;
  if (typeof original !== 'function') {
    throw new Error('kafkajs is not the release that this adapter guards (2.2.4): its request queue is another');
  }
  if (GUARDED in original) return () => {};
  const guarded = function (this: RequestQueue): void {
    if (!this.enforceRequestTimeout) return;
    this.destroy();
    const check = (): void => {
      const now = Date.now();
      for (const request of [...this.inflight.values()]) {
        if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
      }
      if (!this.isConnected() && this.inflight.size === 0) this.destroy();
    };
    this.requestTimeoutIntervalId = setInterval(check, Math.min(this.requestTimeout, MAX_CHECK_MS));
  };
  prototype.scheduleRequestTimeoutCheck = Object.assign(guarded, { [GUARDED]: true });
  return () => {
    prototype.scheduleRequestTimeoutCheck = original;
  };
}
