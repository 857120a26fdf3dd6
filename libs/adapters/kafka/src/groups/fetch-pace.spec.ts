import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FetchPace } from './fetch-pace.ts';

function rig(paceMs: number) {
  const time = { now: 1_000, slept: [] as number[] };
  const clock = { now: () => time.now, monotonic: () => time.now };
  const timers = {
    after: () => ({ cancel: () => {} }),
    sleep: async (ms: number) => {
      time.slept.push(ms);
      time.now += ms;
    },
  };
  return { time, pace: new FetchPace({ clock, timers }, paceMs) };
}

it('fetches of a broker begin no closer than the pace, and one after a silence begins at once', async () => {
  const { time, pace } = rig(10);
  const broker = {};
  await pace.turn(broker);
  time.now += 3;
  await pace.turn(broker);
  assert.deepEqual(time.slept, [7]);
  time.now += 10;
  await pace.turn(broker);
  assert.deepEqual(time.slept, [7]);
});

it('brokers do not wait for each other', async () => {
  const { time, pace } = rig(10);
  await pace.turn({});
  await pace.turn({});
  assert.deepEqual(time.slept, []);
});
