import type { MessagePort } from 'node:worker_threads';
import { ConsumerGroups, type PartitionSource } from '@penstock/adapter-memory';
import type { Topic } from '@penstock/events';
import {
  type AppendReceipt,
  type Bounds,
  type Consumer,
  type EventLog,
  type Membership,
  OffsetOutOfRangeError,
  type PartitionHandler,
  type StoredRecord,
} from '@penstock/ports';
import { readBatchPrefix } from '../log/batch-frame.ts';
import { readExtent } from '../log/extent-records.ts';
import { LogPartition } from '../log/log-partition.ts';
import { partitionKey } from '../log/partition-key.ts';
import type { LocatedExtent } from '../segments/segment-catalogue.ts';
import { SegmentReader } from '../segments/segment-reader.ts';
import { decodeBatchTexts } from './batch-texts.ts';
import { DurableEnd } from './durable-end.ts';
import type { FollowerMessage, FollowerQuestion, FollowerRequest, FollowerSettings } from './follower-messages.ts';
import { Gathering } from './gathering.ts';
import { SegmentTail } from './segment-tail.ts';

/** Encoded bytes read and not yet taken by every consumer that keeps up; beyond, nothing is read on. */
const TAIL_BYTES = 16 * 1024 * 1024;

/** The log as read by another thread than the one that writes it. Nothing is appended or committed here. */
export interface FollowedLog extends EventLog {
  close(): Promise<void>;
}

/**
 * @param topics What is followed; of the others only bounds and positions can be asked.
 * @param failed The files could not be read on: no consumer gets anything more.
 */
export function followLog(
  settings: FollowerSettings,
  topics: readonly Topic[],
  failed: (error: unknown) => void,
): FollowedLog {
  return new FollowingLog(settings, topics, failed);
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

class FollowingLog implements FollowedLog {
  private readonly port: MessagePort;
  private readonly end: DurableEnd;
  private readonly tail: SegmentTail;
  private readonly reader: SegmentReader;
  private readonly gathering = new Gathering();
  private readonly groups = new ConsumerGroups();
  private readonly followed = new Map<number, LogPartition>();
  private readonly takers = new Set<Taker>();
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private tailBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly settings: FollowerSettings,
    topics: readonly Topic[],
    private readonly failed: (error: unknown) => void,
  ) {
    const { folder, salt, segment, position, port } = settings;
    this.port = port;
    this.end = new DurableEnd(settings.shared);
    this.tail = new SegmentTail(folder, salt, segment, position);
    this.reader = new SegmentReader(folder, salt);
    const bounds = new Map(settings.bounds.map(([key, begin, end]) => [key, { begin, end }]));
    for (const topic of topics) {
      for (let partition = 0; partition < settings.partitions[topic]; partition++) {
        const key = partitionKey(topic, partition);
        const { begin, end } = bounds.get(key) ?? { begin: 0, end: 0 };
        this.followed.set(key, new LogPartition(topic, partition, key, begin, end));
      }
    }
    port.on('message', (message: FollowerMessage) => this.heard(message));
    this.readOn(0);
  }

  partitionCount(topic: Topic): number {
    return this.settings.partitions[topic];
  }

  append(): Promise<readonly AppendReceipt[]> {
    return Promise.reject(new Error('a follower of the log appends nothing'));
  }

  commit(): Promise<void> {
    return Promise.reject(new Error('a follower of the log commits nothing'));
  }

  async bounds(topic: Topic, partition: number): Promise<Bounds> {
    return (await this.ask({ kind: 'bounds', topic, partition })) as Bounds;
  }

  async committed(group: string, topic: Topic, partition: number): Promise<number | undefined> {
    return (await this.ask({ kind: 'committed', group, topic, partition })) as number | undefined;
  }

  async read<T extends Topic>(
    topic: T,
    partition: number,
    from: number,
    maxRecords: number,
  ): Promise<readonly StoredRecord<T>[]> {
    const target = this.partition(topic, partition);
    const { durableEnd, tail } = target;
    if (from > durableEnd) throw new OffsetOutOfRangeError(`${target.name} is read up to ${durableEnd}, not ${from}`);
    if (from === durableEnd || maxRecords <= 0) return [];
    const records =
      tail.begin !== undefined && from >= tail.begin
        ? tail.read(from, durableEnd, maxRecords)
        : await this.readDisk(target, from, Math.min(durableEnd, from + maxRecords));
    // A partition holds the records of its topic only.
    return records as unknown as readonly StoredRecord<T>[];
  }

  async join<T extends Topic>(consumer: Consumer<T>): Promise<Membership> {
    const taker = new Taker(this);
    this.takers.add(taker);
    const handler = new HeedfulHandler(consumer.handler, () => this.drop(taker));
    const membership = await this.groups.join({ ...consumer, handler }, taker);
    return {
      leave: async () => {
        await membership.leave();
        this.drop(taker);
      },
    };
  }

  whenReadable(topic: Topic, partition: number, offset: number, wake: () => void): () => void {
    return this.partition(topic, partition).whenReadable(offset, wake);
  }

  /** Somebody has taken everything of the partition before an offset. */
  taken(topic: Topic, partition: number): void {
    const target = this.partition(topic, partition);
    const { tail, key, durableEnd } = target;
    let floor = durableEnd;
    for (const { positions } of this.takers) {
      const at = positions.get(key);
      // Whoever is further behind reads from the disk until it has come this far.
      if (at !== undefined && tail.begin !== undefined && at >= tail.begin && at < floor) floor = at;
    }
    const wasFull = this.full;
    for (let freed = tail.shift(floor); freed > 0; freed = tail.shift(floor)) this.tailBytes -= freed;
    if (wasFull && !this.full) this.readOn(0);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.tail.close();
    await this.reader.close();
    this.port.close();
    for (const { reject } of this.pending.values()) reject(new Error('the follower of the log is closed'));
    this.pending.clear();
  }

  private get full(): boolean {
    return this.tailBytes > TAIL_BYTES;
  }

  private drop(taker: Taker): void {
    this.takers.delete(taker);
    for (const { topic, partition } of this.followed.values()) this.taken(topic, partition);
  }

  private readOn(delayMs: number): void {
    if (this.closed || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.step();
    }, delayMs);
  }

  private step(): void {
    // Consumers that take what is held read on.
    if (this.full) return;
    try {
      const more = this.tail.step(this.end.get(), (payload) => this.take(payload));
      if (more) this.readOn(0);
      else this.rest();
    } catch (error) {
      this.failed(error);
    }
  }

  private rest(): void {
    this.end.ask();
    // What came before the question has told nobody, unless its message is on its way.
    if (this.tail.isBehind(this.end.get()) && this.end.withdraw()) this.readOn(this.gathering.nextDelay());
  }

  private take(payload: Buffer): void {
    const { key, offset, count } = readBatchPrefix(payload);
    const target = this.followed.get(key);
    if (!target || offset + count <= target.durableEnd) return;
    target.tail.push(offset, decodeBatchTexts(payload), payload.length);
    this.tailBytes += payload.length;
    this.gathering.found(payload.length);
    target.advance(offset + count);
  }

  private async readDisk(target: LogPartition, from: number, stop: number): Promise<StoredRecord<Topic>[]> {
    const extent = (await this.ask({ kind: 'locate', key: target.key, offset: from })) as LocatedExtent | undefined;
    if (!extent) throw new OffsetOutOfRangeError(`${target.name} does not hold ${from} any more`);
    const records = await readExtent(this.reader, target.key, extent, from, stop, decodeBatchTexts);
    if (records.length === 0) throw new Error(`${target.name} has no record ${from} where its index says`);
    return records;
  }

  private ask(question: FollowerQuestion): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new Error('the follower of the log is closed'));
      const id = this.nextId++;
      this.pending.set(id, { resolve, reject });
      this.port.postMessage({ ...question, id } satisfies FollowerRequest);
    });
  }

  private heard(message: FollowerMessage): void {
    if (message.kind === 'more') {
      this.readOn(this.gathering.nextDelay());
      return;
    }
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.kind === 'answer') pending?.resolve(message.value);
    else pending?.reject(new Error(message.message));
  }

  private partition(topic: Topic, partition: number): LogPartition {
    const found = this.followed.get(partitionKey(topic, partition));
    if (!found) throw new RangeError(`${topic}-${partition} is not followed here`);
    return found;
  }
}

/** The log as one consumer reads it: where it reads is what it has taken. */
class Taker implements PartitionSource {
  /** Next offset by partition key. */
  readonly positions = new Map<number, number>();

  constructor(private readonly log: FollowingLog) {}

  partitionCount(topic: Topic): number {
    return this.log.partitionCount(topic);
  }

  read<T extends Topic>(topic: T, partition: number, from: number, max: number): Promise<readonly StoredRecord<T>[]> {
    this.positions.set(partitionKey(topic, partition), from);
    this.log.taken(topic, partition);
    return this.log.read(topic, partition, from, max);
  }

  whenReadable(topic: Topic, partition: number, offset: number, wake: () => void): () => void {
    return this.log.whenReadable(topic, partition, offset, wake);
  }
}

/** A consumer's handler; one that stops takes nothing more, and nothing is held for it. */
class HeedfulHandler<T extends Topic> implements PartitionHandler<T> {
  constructor(
    private readonly handler: PartitionHandler<T>,
    private readonly stopped: () => void,
  ) {}

  assigned(partition: number): Promise<number> {
    return this.handler.assigned(partition);
  }

  batch(partition: number, records: readonly StoredRecord<T>[]): Promise<void> {
    return this.handler.batch(partition, records);
  }

  revoked(partition: number): Promise<void> {
    return this.handler.revoked(partition);
  }

  failed(partition: number, error: unknown): void {
    this.stopped();
    this.handler.failed(partition, error);
  }
}
