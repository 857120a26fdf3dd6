import assert from 'node:assert/strict';
import { it } from 'node:test';
import { StallWatch } from './stall-watch.ts';

const STALL_MS = 30_000;

/** One partition; time passes look by look. */
function rig() {
  const state = { now: 0, position: 5 as number | undefined, end: 5, reachable: true };
  const stalled: number[] = [];
  let due: (() => void) | undefined;
  const timers = {
    after: (delayMs: number, callback: () => void) => {
      due = () => {
        state.now += delayMs;
        callback();
      };
      return {
        cancel: () => {
          due = undefined;
        },
      };
    },
  };
  const watched = {
    awaited: () => new Map(state.position === undefined ? [] : [[7, state.position] as const]),
    ends: async () => {
      if (!state.reachable) throw new Error('no broker');
      return [state.end];
    },
    stalled: () => void stalled.push(state.now),
  };
  const watch = new StallWatch(watched, { clock: { monotonic: () => state.now }, timers }, STALL_MS);
  watch.start();
  const look = async (times = 1) => {
    for (let i = 0; i < times; i++) {
      const next = due;
      due = undefined;
      next?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { state, stalled, watch, look };
}

it('a partition with records that nobody hands over is stalled after the time for it, and an idle one never', async () => {
  const { state, stalled, look } = rig();
  await look(100);
  assert.deepEqual(stalled, []);
  state.end = 9;
  const from = state.now;
  await look(4);
  assert.deepEqual(stalled, [from + 40_000], 'seen at the first look, and 30 s later');
});

it('who is handed something, however little, does not stall; neither does one that holds fetching back', async () => {
  const { state, stalled, look } = rig();
  state.end = 1_000;
  for (let i = 0; i < 20; i++) {
    state.position = (state.position ?? 0) + 1;
    await look();
  }
  state.position = undefined;
  await look(20);
  assert.deepEqual(stalled, []);
});

it('patience doubles while it does not help, and is as before once it has', async () => {
  const { state, stalled, look } = rig();
  state.end = 9;
  await look(4 + 6 + 12);
  assert.deepEqual(stalled, [40_000, 100_000, 220_000]);
  state.position = 9;
  await look();
  state.end = 10;
  await look(4);
  assert.equal(stalled.at(-1), state.now);
});

it('brokers that do not answer are no stall, and the end is the end', async () => {
  const { state, stalled, watch, look } = rig();
  state.end = 9;
  state.reachable = false;
  await look(10);
  state.reachable = true;
  await look(4);
  assert.equal(stalled.length, 1);
  watch.end();
  await look(50);
  assert.equal(stalled.length, 1);
});
