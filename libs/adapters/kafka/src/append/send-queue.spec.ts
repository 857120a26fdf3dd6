import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TimerHandle } from '@penstock/ports';
import fc from 'fast-check';
import { type PartitionSend, partitionKey, SendQueue, type SendQueueOptions } from './send-queue.ts';

/** Time that passes when it is told to. */
class ManualTime {
  nowMs = 0;
  private timers: { at: number; callback: () => void }[] = [];
  readonly clock = { now: () => this.nowMs, monotonic: () => this.nowMs };
  readonly timersPort = {
    after: (delayMs: number, callback: () => void): TimerHandle => {
      const timer = { at: this.nowMs + delayMs, callback };
      this.timers.push(timer);
      return { cancel: () => void this.timers.splice(this.timers.indexOf(timer) >>> 0, 1) };
    },
    sleep: (delayMs: number) => new Promise<void>((resolve) => void this.timersPort.after(delayMs, resolve)),
  };

  /** Runs the next timer and all that follows from it; false if there is none. */
  async next(): Promise<boolean> {
    const [timer] = this.timers.sort((a, b) => a.at - b.at);
    if (!timer) return false;
    this.timers.shift();
    this.nowMs = Math.max(this.nowMs, timer.at);
    timer.callback();
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }
}

type Answer = 'ok' | 'refused' | 'unanswered' | 'lost acknowledgement';

/** A cluster that appends what it is sent and answers as it is told. */
class FakeCluster {
  readonly logs = new Map<string, string[]>();
  readonly sends: string[][] = [];
  answers: Answer[] = [];
  sendError: unknown = new Error('connection closed');
  /** Held back until then. */
  answerWhen: Promise<void> | undefined;
  answerNow: () => void = () => {};
  inFlight = new Set<string>();
  overlapped = false;

  leaderOf = (_topic: string, partition: number) => partition % 2;

  send = async (sends: readonly PartitionSend[]): Promise<ReadonlyMap<string, number>> => {
    const keys = sends.map(({ topic, partition }) => partitionKey(topic, partition));
    if (keys.some((key) => this.inFlight.has(key))) this.overlapped = true;
    for (const key of keys) this.inFlight.add(key);
    this.sends.push(keys);
    const answer = this.answers.shift() ?? 'ok';
    await this.answerWhen;
    for (const key of keys) this.inFlight.delete(key);
    if (answer === 'refused') throw this.sendError;
    const offsets = new Map<string, number>();
    for (const [i, { messages }] of sends.entries()) {
      const key = keys[i] ?? '';
      if (answer === 'unanswered' && i === 0) continue;
      const log = this.logs.get(key) ?? [];
      this.logs.set(key, log);
      offsets.set(key, log.length);
      for (const message of messages) log.push(String(message.value));
    }
    if (answer === 'lost acknowledgement') throw this.sendError;
    return offsets;
  };
}

function rig(overrides: Partial<SendQueueOptions> = {}) {
  const time = new ManualTime();
  const cluster = new FakeCluster();
  const queue = new SendQueue({
    sender: cluster,
    clock: time.clock,
    timers: time.timersPort,
    telemetry: { log: () => {} },
    maxBatchBytes: () => 100,
    guardLeaders: true,
    guardOrder: true,
    ...overrides,
  });
  const append = (partition: number, values: readonly string[], lingerMs = 5, timeoutMs = 10_000): Promise<number> =>
    new Promise((resolve, reject) => {
      queue.add('t', partition, {
        messages: values.map((value) => ({ value })),
        bytes: values.length * 10,
        dueAt: time.nowMs + lingerMs,
        deadline: time.nowMs + timeoutMs,
        resolve,
        reject,
      });
    });
  const run = async () => {
    for (let steps = 0; steps < 1_000 && (await time.next()); steps++);
  };
  return { time, cluster, queue, append, run };
}

describe('sending', () => {
  it('waits for others no longer than the shortest linger of a partition, and sends a leader its partitions together', async () => {
    const { append, cluster, run, time } = rig();
    const all = Promise.all([append(0, ['a'], 5), append(2, ['b'], 5), append(1, ['c'], 5), append(0, ['d', 'e'], 50)]);
    await run();
    assert.deepEqual(await all, [0, 0, 0, 1]);
    assert.deepEqual(cluster.sends, [['t-0', 't-2'], ['t-1']]);
    assert.equal(time.nowMs, 5);
  });

  it('has one send on its way to a leader; what comes meanwhile goes together with the next', async () => {
    const { append, cluster, run } = rig();
    const first = append(0, ['a'], 0);
    cluster.answerWhen = new Promise((resolve) => {
      cluster.answerNow = resolve;
    });
    await run();
    const others = Promise.all([append(2, ['b'], 0), append(4, ['c'], 0), append(1, ['d'], 0)]);
    await run();
    assert.deepEqual(cluster.sends, [['t-0'], ['t-1']], 'the other leader is asked at once');
    cluster.answerNow();
    await Promise.all([first, others]);
    assert.deepEqual(cluster.sends, [['t-0'], ['t-1'], ['t-2', 't-4']]);
  });

  it('sends again, unchanged and before anything else of the partition, what was not acknowledged', async () => {
    const { append, cluster, run } = rig();
    cluster.answers = ['refused', 'unanswered'];
    const first = append(0, ['a', 'b'], 0);
    await Promise.resolve();
    const second = append(0, ['c'], 0);
    await run();
    assert.deepEqual(await Promise.all([first, second]), [0, 2]);
    assert.deepEqual(cluster.logs.get('t-0'), ['a', 'b', 'c']);
  });

  it('believes no partition that the answer does not name', async () => {
    const { append, cluster, run } = rig();
    cluster.answers = ['unanswered'];
    const both = Promise.all([append(0, ['lost at first']), append(2, ['b'])]);
    await run();
    assert.deepEqual(await both, [0, 0]);
    assert.deepEqual(cluster.logs.get('t-0'), ['lost at first']);
    assert.deepEqual(cluster.sends, [['t-0', 't-2'], ['t-0']]);
  });

  it('believes it with the guard off, which is what the guard is for', async () => {
    const { append, cluster, run } = rig({ guardLeaders: false });
    cluster.answers = ['unanswered'];
    const lost = append(0, ['lost']);
    await run();
    assert.equal(await lost, -1);
    assert.equal(cluster.logs.get('t-0'), undefined);
  });

  it('gives up at the time limit, and what came later goes on', async () => {
    const { append, cluster, run } = rig();
    cluster.answers = Array.from({ length: 6 }, () => 'refused');
    const given = append(0, ['a'], 0, 100);
    const rejected = assert.rejects(given, /connection closed/);
    const later = append(0, ['b'], 200);
    await run();
    await rejected;
    assert.equal(await later, 0);
    assert.deepEqual(cluster.logs.get('t-0'), ['b']);
  });

  it('finds whose fault a refusal for good was, and delivers the others', async () => {
    const { append, cluster, run } = rig();
    cluster.sendError = Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' });
    cluster.answers = ['refused', 'refused'];
    const first = assert.rejects(append(0, ['a']), /too large/);
    const second = append(2, ['b']);
    await run();
    await first;
    assert.equal(await second, 0);
  });

  it('fills a record batch with whole batches only', async () => {
    const { append, cluster, run } = rig();
    const values = (name: string) => Array.from({ length: 6 }, (_, i) => `${name}${i}`);
    const all = Promise.all([append(0, values('a')), append(0, values('b')), append(0, ['c'])]);
    await run();
    assert.deepEqual(await all, [0, 6, 12]);
    assert.deepEqual(cluster.sends, [['t-0'], ['t-0']]);
  });

  it('sends no more at once than a broker takes; the others go next', async () => {
    const large = 5_000_000;
    const { cluster, queue, run } = rig({ maxBatchBytes: () => large });
    const sent = [0, 2, 4].map(
      (partition) =>
        new Promise<number>((resolve, reject) => {
          queue.add('t', partition, {
            messages: [{ value: 'x' }],
            bytes: large,
            dueAt: 0,
            deadline: 1e6,
            resolve,
            reject,
          });
        }),
    );
    await run();
    await Promise.all(sent);
    assert.deepEqual(cluster.sends, [['t-0'], ['t-2'], ['t-4']]);
  });

  it('keeps the order within each partition and repeats at most, whatever fails', async () => {
    const answer = fc.constantFrom<Answer>('ok', 'refused', 'unanswered', 'lost acknowledgement');
    const load = fc.array(fc.record({ partition: fc.nat(3), count: fc.integer({ min: 1, max: 4 }) }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { maxLength: 20 }), load, async (answers, loads) => {
        const { append, cluster, queue, run } = rig();
        cluster.answers = answers;
        const offsets = loads.map(({ partition, count }, n) =>
          append(
            partition,
            Array.from({ length: count }, (_, i) => `${n}.${i}`),
          ),
        );
        await run();
        await queue.settled();
        assert.ok(!cluster.overlapped, 'one send at a time');
        for (const [n, { partition, count }] of loads.entries()) {
          const log = cluster.logs.get(`t-${partition}`) ?? [];
          const offset = (await offsets[n]) ?? -1;
          assert.deepEqual(
            log.slice(offset, offset + count),
            Array.from({ length: count }, (_, i) => `${n}.${i}`),
          );
          const next = loads.findIndex((other, m) => m > n && other.partition === partition);
          if (next >= 0) assert.ok(offset + count <= ((await offsets[next]) ?? -1));
        }
      }),
    );
  });
});
