import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bounds, EventLog } from '@penstock/ports';
import { LogWatch } from './log-watch.ts';

interface Waiting {
  readonly at: number;
  readonly callback: () => void;
}

/** A log that answers as it is told to, and time in the spec's hands. */
function given() {
  let now = 0;
  let waiting: Waiting[] = [];
  let asked = 0;
  let answer: () => Promise<Bounds> = async () => ({ begin: 0, end: 1 });
  const logged: string[] = [];
  const watch = new LogWatch({
    log: {
      bounds: () => {
        asked++;
        return answer();
      },
    } as Partial<EventLog> as EventLog,
    timers: {
      after: (delayMs, callback) => {
        const timer = { at: now + delayMs, callback };
        waiting.push(timer);
        return { cancel: () => (waiting = waiting.filter((each) => each !== timer)) };
      },
      sleep: async () => {},
    },
    telemetry: { log: (_level, event) => logged.push(event) },
  });
  const pass = async (ms: number) => {
    const end = now + ms;
    for (let fired = 0; fired < 100; fired++) {
      const [next] = waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      waiting = waiting.filter((each) => each !== next);
      now = next.at;
      next.callback();
      for (let turns = 0; turns < 20; turns++) await Promise.resolve();
    }
    now = end;
  };
  const answers = (how: typeof answer) => {
    answer = how;
  };
  return { watch, logged, pass, answers, asked: () => asked, timers: () => waiting.length };
}

const unreachable = () => Promise.reject(new Error('no broker'));

describe('the watch over the log', () => {
  it('finds a log ready that answers, and looks every five seconds', async () => {
    const { watch, logged, pass, asked } = given();
    watch.start();
    assert.equal(watch.notReady(), undefined);
    await pass(20_000);
    assert.deepEqual([watch.notReady(), asked(), logged.length], [undefined, 4, 0]);
  });

  it('says why a log cannot be read, tells of it once, and forgets it when it answers again', async () => {
    const { watch, logged, pass, answers } = given();
    answers(unreachable);
    watch.start();
    await pass(20_000);
    assert.equal(watch.notReady(), 'the log cannot be read: no broker');
    assert.deepEqual(logged, ['log_unreachable']);
    answers(async () => ({ begin: 0, end: 1 }));
    await pass(5_000);
    assert.equal(watch.notReady(), undefined);
    answers(unreachable);
    await pass(5_000);
    assert.deepEqual(logged, ['log_unreachable', 'log_unreachable']);
  });

  it('gives a log that does not answer the time of a leader change', async () => {
    const { watch, pass, answers, asked } = given();
    answers(() => new Promise(() => {}));
    watch.start();
    await pass(19_999);
    assert.equal(watch.notReady(), undefined);
    await pass(1);
    assert.equal(watch.notReady(), 'the log has not answered for 15 s');
    await pass(5_000);
    assert.equal(asked(), 2);
  });

  it('stops with its process, also while it asks', async () => {
    const { watch, pass, answers, asked, timers } = given();
    watch.start();
    watch.stop();
    await pass(60_000);
    assert.deepEqual([asked(), timers()], [0, 0]);
    let answered: (bounds: Bounds) => void = () => {};
    answers(() => new Promise((resolve) => (answered = resolve)));
    const late = given();
    late.answers(() => new Promise((resolve) => (answered = resolve)));
    late.watch.start();
    await late.pass(5_000);
    late.watch.stop();
    answered({ begin: 0, end: 1 });
    await late.pass(60_000);
    assert.deepEqual([late.asked(), late.timers()], [1, 0]);
  });
});
