import { MemoryLogData } from '@penstock/adapter-memory';
import type { Topic } from '@penstock/events';
import type { AnyAppendBatch, AppendReceipt, Consumer, EventLog, Membership, StoredRecord } from '@penstock/ports';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import type { Simulation } from '../simulation.ts';
import { latency } from '../time/latency.ts';
import type { SeededRandom } from '../time/seeded-random.ts';

export type AppendObserver = (topic: Topic, partition: number, records: readonly StoredRecord[]) => void;

/** The append is not known to be durable: it may have reached none, some or all of its partitions. */
export class AppendFailedError extends Error {
  override readonly name = 'AppendFailedError';
}

/**
 * The log as every process sees it across a network: it outlives them, each of its partitions answers when it
 * likes, appends fail or lose their acknowledgement, and what a dead process had sent still arrives.
 *
 * Kinder than a real one: a dead member's partitions move at once, a living member's only when it is stopped for long, and
 * nothing is forgotten with age.
 */
export class SimulatedLog {
  readonly data: MemoryLogData;
  private readonly observers: AppendObserver[] = [];
  private readonly commits = new Map<string, (number | undefined)[]>();

  constructor(
    readonly simulation: Simulation,
    readonly faults: FaultPlan,
    partitions: Partial<Record<Topic, number>> = {},
  ) {
    this.data = new MemoryLogData({ partitions });
  }

  /** Called with what was stored, when it is stored. */
  onAppend(observer: AppendObserver): void {
    this.observers.push(this.simulation.guard(observer));
  }

  connect(process: SimulatedProcess): EventLog {
    return new LogConnection(this, process);
  }

  /** Everything the partition holds. */
  records(topic: Topic, partition: number): readonly StoredRecord[] {
    const { begin, end } = this.data.bounds(topic, partition);
    return this.data.read(topic, partition, begin, end - begin);
  }

  store({ topic, partition, records }: AnyAppendBatch): number {
    const first = this.data.store(topic, partition, records);
    const stored = this.data.read(topic, partition, first, records.length);
    // Readers share records: whoever changes one fails here, at once.
    for (const { offset, record } of stored) {
      freeze(record);
      this.simulation.note(`  ${topic}-${partition}@${offset} ${record.type} ${record.id}`);
    }
    for (const observer of this.observers) observer(topic, partition, stored);
    return first;
  }

  commit(key: string, offset: number): void {
    const before = this.data.committed.get(key);
    this.commits.set(key, [...(this.commits.get(key) ?? []), before].slice(-8));
    this.data.committed.set(key, offset);
  }

  /** A position may be lost by a crash: each goes back to one of its last values. */
  loseCommits(group: string): void {
    const random = this.simulation.random('lost commits');
    for (const [key, earlier] of this.commits) {
      if (!key.startsWith(`${group} `) || earlier.length === 0) continue;
      const value = random.pick(earlier.map((offset) => ({ offset }))).offset;
      if (value === undefined) this.data.committed.delete(key);
      else this.data.committed.set(key, value);
    }
  }
}

/** One process's connection. */
class LogConnection implements EventLog {
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
    if (failed || torn) await this.process.call('append', 0, latency(this.random), () => {});
    if (failed || torn || faults.happens('ack_lost')) throw new AppendFailedError('not known to be durable');
    return receipts;
  }

  private send(batch: AnyAppendBatch, lateMs: number): Promise<AppendReceipt> {
    const key = `${batch.topic}-${batch.partition}`;
    const { now } = this.log.simulation;
    const arrival = Math.max(this.arrivals.get(key) ?? 0, now + lateMs + latency(this.random));
    this.arrivals.set(key, arrival);
    return this.process.call(`append ${key}`, arrival - now, latency(this.random), () => ({
      offset: this.log.store(batch),
    }));
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
    // Followers of a group of their own have nobody to lose their partitions to.
    if (consumer.topic !== 'mail.attempts') return this.enter(consumer);
    const held = new Set<number>();
    const { handler } = consumer;
    const tracked: Consumer<T> = {
      ...consumer,
      handler: {
        assigned: (partition) => {
          held.add(partition);
          return handler.assigned(partition);
        },
        batch: (partition, records) => handler.batch(partition, records),
        revoked: (partition) => {
          held.delete(partition);
          return handler.revoked(partition);
        },
        failed: (partition, error) => handler.failed(partition, error),
      },
    };
    let membership = await this.enter(tracked);
    let expelled = false;
    this.process.onExpelled(() => {
      expelled = true;
      membership.abandon();
    });
    this.process.onWake(() => {
      if (!expelled) return;
      expelled = false;
      const again = async () => {
        for (const partition of [...held]) await tracked.handler.revoked(partition);
        membership = await this.enter(tracked);
      };
      again().catch((error: unknown) => this.log.simulation.fail(error));
    });
    return { leave: () => membership.leave() };
  }

  private enter<T extends Topic>(consumer: Consumer<T>): Promise<Membership & { abandon(): void }> {
    return this.call(`join ${consumer.group}`, async () => {
      const membership = this.log.data.groups.enter(consumer, {
        partitionCount: (topic) => this.partitionCount(topic),
        read: (topic, partition, from, maxRecords) => {
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
    return this.process.call(label, latency(this.random), latency(this.random), effect);
  }
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}
