import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { type TestContext, test } from 'node:test';
import { guardRequestTimeouts } from './request-timeout-guard.ts';

interface RequestQueue {
  push(request: object): void;
  scheduleRequestTimeoutCheck(): void;
  waitForPendingRequests(): Promise<void>;
  readonly requestTimeoutIntervalId: unknown;
  destroy(): void;
}

const require = createRequire(import.meta.url);
const Queue = require('kafkajs/src/network/requestQueue') as new (options: object) => RequestQueue;

/** A request that is never answered, on a connection that is being closed; `reject` hears how it ends. */
function closing(context: TestContext, reject: (error: Error) => void): RequestQueue {
  const logger = { debug: () => {}, warn: () => {} };
  const queue = new Queue({
    maxInFlightRequests: null,
    requestTimeout: 20,
    enforceRequestTimeout: true,
    clientId: 'test',
    broker: 'test',
    logger,
    isConnected: () => false,
  });
  context.after(() => queue.destroy());
  const entry = { apiKey: 1, apiName: 'Fetch', apiVersion: 4, correlationId: 1, resolve: () => {}, reject };
  queue.push({ entry, expectResponse: true, requestTimeout: null, sendRequest: () => {} });
  queue.scheduleRequestTimeoutCheck();
  return queue;
}

test('kafkajs as it is stops looking after what was sent once a connection is being closed', (context) => {
  const checks: (() => void)[] = [];
  const cleared: unknown[] = [];
  const setInterval = (check: () => void) => checks.push(check);
  context.mock.method(globalThis, 'setInterval', setInterval as unknown as typeof globalThis.setInterval);
  context.mock.method(globalThis, 'clearInterval', (id: unknown) => void cleared.push(id));
  let rejected = false;
  const queue = closing(context, () => {
    rejected = true;
  });
  checks[0]?.();
  assert.ok(cleared.includes(queue.requestTimeoutIntervalId), 'no further look');
  assert.equal(rejected, false);
});

test('what was sent on a connection that is being closed ends, and so does the closing', async (context) => {
  context.after(guardRequestTimeouts());
  let queue: RequestQueue | undefined;
  const ended = new Promise<Error>((resolve) => {
    queue = closing(context, resolve);
  });
  // An earlier closing that has come to its end takes nothing away from what was sent since.
  queue?.destroy();
  assert.match((await ended).message, /timed out/);
  await queue?.waitForPendingRequests();
});
