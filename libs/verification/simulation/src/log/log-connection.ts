import type { Topic } from '@penstock/events';
import type { AnyAppendBatch, AppendReceipt, Consumer, EventLog, Membership, StoredRecord } from '@penstock/ports';
import type { SimulatedProcess } from '../simulated-process.ts';
import { latency } from '../time/latency.ts';
import type { SeededRandom } from '../time/seeded-random.ts';
import { type Abandonable, GroupMember } from './group-member.ts';
import type { SimulatedLog } from './simulated-event-log.ts';

/** Read by groups of several members. */
const SHARED: ReadonlySet<Topic> = new Set(['mail.submissions', 'mail.events', 'mail.attempts']);

/** How long a producer waits before it sends a batch again, ms. */
const MOST_UNHEARD_MS = 200;

/** The append is not known to be durable: it may have reached none, some or all of its partitions. */
export class AppendFailedError extends Error {
  override readonly name = 'AppendFailedError';
}

/** One process's connection. */
export class LogConnection implements EventLog {
  private readonly random: SeededRandom;
  /** When the last batch for a partition arrives there: appends of one process never overtake each other. */
  private readonly arrivals = new Map<string, number>();

  constructor(
    private readonly log: SimulatedLog,
    private readonly process: SimulatedProcess,
  ) {
    this.random = log.simulation.random(`log ${process.label}`);
  }

  partitionCount(topic: Topic): number {
    return this.log.data.partitionCount(topic);
  }

  async append(batches: readonly AnyAppendBatch[]): Promise<readonly AppendReceipt[]> {
    const { faults } = this.log;
    const failed = faults.happens('append_failed');
    const torn = !failed && batches.length > 1 && faults.happens('append_torn');
    const stored = batches.filter(() => !failed && !(torn && this.random.chance(0.5)));
    const late = faults.happens('append_slow') ? this.random.between(100, 5_000) : 0;
    const receipts = await Promise.all(stored.map((batch) => this.send(batch, late)));
    if (failed || torn) await this.process.callEngine('append', 0, latency(this.random), () => {});
    if (failed || torn || faults.happens('ack_lost')) throw new AppendFailedError('not known to be durable');
    return receipts;
  }

  private send(batch: AnyAppendBatch, lateMs: number): Promise<AppendReceipt> {
    const key = `${batch.topic}-${batch.partition}`;
    const { now } = this.log.simulation;
    const arrival = Math.max(this.arrivals.get(key) ?? 0, now + lateMs + latency(this.random));
    this.arrivals.set(key, arrival);
    return this.process.callEngine(`append ${key}`, arrival - now, latency(this.random), () => this.store(key, batch));
  }

  /** A producer that hears nothing for a while sends the same again: then it stands there twice. */
  private store(key: string, batch: AnyAppendBatch): AppendReceipt | Promise<AppendReceipt> {
    const offset = this.log.store(batch);
    if (!this.log.faults.happens('record_repeated')) return { offset };
    const againMs = this.random.below(MOST_UNHEARD_MS);
    this.arrivals.set(key, Math.max(this.arrivals.get(key) ?? 0, this.log.simulation.now + againMs));
    return new Promise((resolve) => {
      this.log.simulation.after(againMs, `append ${key} again`, () => resolve({ offset: this.log.store(batch) }));
    });
  }

  read<T extends Topic>(
    topic: T,
    partition: number,
    from: number,
    maxRecords: number,
  ): Promise<readonly StoredRecord<T>[]> {
    return this.call(`read ${topic}-${partition}@${from}`, () => this.readNow(topic, partition, from, maxRecords));
  }

  private readNow<T extends Topic>(topic: T, partition: number, from: number, maxRecords: number) {
    // The log keeps each topic's own records apart.
    return this.log.data.read(topic, partition, from, maxRecords) as readonly StoredRecord<T>[];
  }

  bounds(topic: Topic, partition: number) {
    return this.call('bounds', () => this.log.data.bounds(topic, partition));
  }

  committed(group: string, topic: Topic, partition: number): Promise<number | undefined> {
    return this.call('committed', () => this.log.data.committed.get(`${group} ${topic}-${partition}`));
  }

  commit(group: string, topic: Topic, partition: number, offset: number): Promise<void> {
    return this.call('commit', () => this.log.commit(`${group} ${topic}-${partition}`, offset));
  }

  async join<T extends Topic>(consumer: Consumer<T>): Promise<Membership> {
    const enter = (entering: Consumer<T>) => this.enter(entering);
    // Followers of a group of their own have nobody to lose their partitions to.
    if (!SHARED.has(consumer.topic)) return enter(consumer);
    const member = new GroupMember(this, this.process, consumer, enter, this.log.faults);
    await member.join();
    return member;
  }

  private enter<T extends Topic>(consumer: Consumer<T>): Promise<Abandonable> {
    return this.call(`join ${consumer.group}`, async () => {
      const membership = this.log.data.groups.enter(consumer, {
        partitionCount: (topic) => this.partitionCount(topic),
        read: (topic, partition, from, maxRecords) => {
          // A question after more waits at the log until there is some: it costs no way there and back.
          if (this.log.data.bounds(topic, partition).end === from) return Promise.resolve([]);
          // Whole batches are rare in the wild: a few records, sometimes all there is.
          const most = this.random.chance(0.5) ? this.random.between(1, 8) : maxRecords;
          return this.read(topic, partition, from, most);
        },
        whenReadable: (topic, partition, offset, wake) => this.log.data.whenReadable(topic, partition, offset, wake),
      });
      this.process.onEnd(() => membership.abandon());
      await membership.joined;
      return membership;
    });
  }

  private call<R>(label: string, effect: () => R | Promise<R>): Promise<R> {
    return this.process.callEngine(label, latency(this.random), latency(this.random), effect);
  }
}
