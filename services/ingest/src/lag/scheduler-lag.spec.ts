import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SchedulerLag, type SchedulerProgress } from './scheduler-lag.ts';

const LIMIT_MS = 60_000;

function watched() {
  let now = 0;
  let next: (() => void) | undefined;
  const logged: string[] = [];
  const state = { away: false, partitions: [] as SchedulerProgress[] };
  const timers = {
    after: (delayMs: number, callback: () => void) => {
      next = () => {
        now += delayMs;
        callback();
      };
      return { cancel: () => (next = undefined) };
    },
    sleep: async () => {},
  };
  const telemetry = { log: (_level: string, event: string) => logged.push(event) };
  const progress = async () => {
    if (state.away) throw new Error('the log is away');
    return state.partitions;
  };
  const lag = new SchedulerLag({ clock: { monotonic: () => now }, timers, telemetry }, { progress, limitMs: LIMIT_MS });
  lag.start();
  /** So many looks, one a second. */
  const looks = async (count: number, each: (look: number) => void = () => {}) => {
    for (let look = 0; look < count; look++) {
      each(look);
      next?.();
      for (let turns = 0; turns < 5; turns++) await Promise.resolve();
    }
  };
  const at = (committed: number, end: number, partition = 0) => {
    state.partitions = [
      ...state.partitions.filter((each) => each.partition !== partition),
      { partition, committed, end },
    ];
  };
  return { lag, logged, state, looks, at, stopped: () => next === undefined };
}

describe('the lag of the scheduler', () => {
  it('is nothing while it folds what is appended, however much that is', async () => {
    const { lag, looks, at } = watched();
    // It is always a second behind, and 10,000 records are appended in one.
    await looks(300, (second) => at(10_000 * second, 10_000 * (second + 1)));
    assert.ok(lag.behindMs <= 1_000, `${lag.behindMs}`);
    assert.equal(lag.behind(), undefined);
  });

  it('is how long the first record that it has not folded has been there', async () => {
    const { lag, looks, at } = watched();
    at(0, 100);
    await looks(21);
    assert.equal(lag.behindMs, 20_000);
    // It folds those of the first second; others have come meanwhile, and the next is as old as the look that saw it.
    at(100, 400);
    await looks(1);
    assert.equal(lag.behindMs, 0);
    await looks(5);
    assert.equal(lag.behindMs, 5_000);
  });

  it('keeps bulk mail out while it is over the limit, and until it is half of it', async () => {
    const { lag, logged, looks, at } = watched();
    await looks(61, (second) => at(0, 10 * (second + 1)));
    assert.equal(lag.behindMs, LIMIT_MS);
    assert.equal(lag.behind(), undefined);
    await looks(1, () => at(0, 620));
    assert.match(lag.behind()?.text ?? '', /the scheduler is 61 s behind. Try again in 30 s/);
    assert.equal(lag.behind()?.retryAfterS, 30);
    await looks(1, () => at(310, 630));
    assert.equal(lag.behindMs, 31_000);
    assert.ok(lag.behind());
    await looks(1, () => at(340, 640));
    assert.equal(lag.behind(), undefined);
    assert.deepEqual(logged, ['bulk_mail_refused', 'bulk_mail_taken_again']);
  });

  it('is that of the partition that is furthest behind', async () => {
    const { lag, looks, at } = watched();
    at(5, 5, 0);
    at(4, 5, 1);
    await looks(10);
    assert.equal(lag.behindMs, 9_000);
  });

  it('is known to a few parts in a hundred when it lasts for hours', async () => {
    const { lag, looks, at } = watched();
    await looks(20_000, (second) => at(0, second + 1));
    assert.equal(lag.behindMs, 19_999_000);
    at(15_000, 20_000);
    await looks(1);
    assert.ok(lag.behindMs <= 5_000_000 && lag.behindMs > 4_700_000, `${lag.behindMs}`);
    at(20_000, 20_000);
    await looks(1);
    assert.equal(lag.behindMs, 0);
  });

  it('is not told by a log that does not answer', async () => {
    const { lag, logged, state, looks, at } = watched();
    at(0, 1);
    await looks(3);
    state.away = true;
    await looks(100);
    assert.equal(lag.behindMs, 2_000);
    assert.deepEqual(new Set(logged), new Set(['scheduler_lag_unknown']));
    lag.stop();
    await looks(1);
  });
});
