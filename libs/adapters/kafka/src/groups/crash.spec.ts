import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restartDelayMs, tellCrash } from './crash.ts';

const LOADING = Object.assign(new Error('loading'), { type: 'GROUP_LOAD_IN_PROGRESS' });

test('a coordinator that is away is told once, whatever else ends a consumer each time', () => {
  const told: string[] = [];
  const telemetry = { log: (level: string, event: string) => void told.push(`${level} ${event}`) };
  const crash = (crashes: number, error: Error, isRetriable = true) =>
    tellCrash(telemetry, { group: 'g', crashes, error, isRetriable });
  for (let n = 1; n <= 10; n++) crash(n, LOADING);
  assert.deepEqual(told.splice(0), ['info kafka_coordinator_awaited']);
  for (let n = 1; n <= 2; n++) crash(n, new Error('connection closed'));
  crash(3, new Error('not authorized'), false);
  assert.deepEqual(told, [
    'warn kafka_consumer_crashed',
    'warn kafka_consumer_crashed',
    'error kafka_consumer_crashed',
  ]);
});

test('the next consumer is waited for twice as long each time, 10 s at most', () => {
  assert.deepEqual([1, 2, 3, 6, 100].map(restartDelayMs), [400, 800, 1_600, 10_000, 10_000]);
});
