import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock, Random, Timers } from '@penstock/ports';

export interface ClockHarness {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Lets time pass until `done` has settled. */
  pass<R>(done: Promise<R>): Promise<R>;
}

/** Everything Clock, Timers and Random promise, as tests. */
export function clockConformance(name: string, open: () => ClockHarness): void {
  describe(`clock, timers and randomness: ${name}`, () => {
    it('counts wall time in milliseconds since the epoch', () => {
      const now = open().clock.now();
      assert.ok(now > Date.UTC(2000, 0) && now < Date.UTC(2100, 0));
    });

    it('moves its monotonic time forward only, at least by what was slept', async () => {
      const { clock, timers, pass } = open();
      let before = clock.monotonic();
      for (const delayMs of [0, 1, 5, 3]) {
        await pass(timers.sleep(delayMs));
        const after = clock.monotonic();
        // A timer may fire up to a millisecond early: the two clocks are rounded apart.
        assert.ok(after >= before + delayMs - 1);
        before = after;
      }
    });

    it('runs callbacks once each, the earlier due first', async () => {
      const { timers, pass } = open();
      const fired: number[] = [];
      const last = new Promise<void>((resolve) => {
        timers.after(30, () => {
          fired.push(30);
          resolve();
        });
      });
      timers.after(10, () => fired.push(10));
      timers.after(0, () => fired.push(0));
      await pass(last);
      assert.deepEqual(fired, [0, 10, 30]);
    });

    it('never runs a cancelled callback, and cancelling one that ran is nothing', async () => {
      const { timers, pass } = open();
      let fired = 0;
      const cancelled = timers.after(1, () => fired++);
      const ran = timers.after(0, () => fired++);
      cancelled.cancel();
      await pass(timers.sleep(10));
      ran.cancel();
      cancelled.cancel();
      assert.equal(fired, 1);
    });

    it('draws numbers in [0, 1) that differ, and as many bytes as asked for', () => {
      const { random } = open();
      const drawn = Array.from({ length: 1000 }, () => random.next());
      assert.ok(drawn.every((value) => value >= 0 && value < 1));
      assert.ok(new Set(drawn).size > 900);
      assert.equal(random.bytes(0).length, 0);
      assert.equal(random.bytes(33).length, 33);
      assert.notDeepEqual(random.bytes(16), random.bytes(16));
    });
  });
}
