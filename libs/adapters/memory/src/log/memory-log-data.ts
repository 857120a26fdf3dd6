import { decodeRecord, EMBEDDED_PARTITIONS, encodeRecord, type RecordOf, TOPICS, type Topic } from '@penstock/events';
import { type Bounds, OffsetOutOfRangeError, type StoredRecord } from '@penstock/ports';
import { ConsumerGroups } from '../groups/consumer-groups.ts';

interface Partition {
  begin: number;
  records: StoredRecord[];
  readonly waiting: Set<() => void>;
}

/**
 * What a log holds, apart from any connection to it: a process that dies takes its MemoryEventLog along and
 * its successor makes another one over the same data.
 *
 * Records are stored by way of their bytes, so that a reader gets what it would get after a restart. Kinder than
 * a real log: what is stored is durable at once.
 */
export class MemoryLogData {
  readonly groups: ConsumerGroups;
  readonly committed = new Map<string, number>();
  private readonly topics = new Map<Topic, Partition[]>();

  constructor(options: { partitions?: Partial<Record<Topic, number>>; maxBatchRecords?: number } = {}) {
    this.groups = new ConsumerGroups(options.maxBatchRecords);
    for (const topic of Object.values(TOPICS)) {
      const count = options.partitions?.[topic] ?? EMBEDDED_PARTITIONS[topic];
      this.topics.set(
        topic,
        Array.from({ length: count }, () => ({ begin: 0, records: [], waiting: new Set() })),
      );
    }
  }

  partitionCount(topic: Topic): number {
    return this.topics.get(topic)?.length ?? 0;
  }

  /** Stores the batch whole and answers its first offset. */
  store(topic: Topic, partition: number, records: readonly RecordOf<Topic>[]): number {
    const target = this.partition(topic, partition);
    const first = target.begin + target.records.length;
    const stored = records.map((record, i) => ({
      offset: first + i,
      record: decodeRecord(encodeRecord(record)) as RecordOf<Topic>,
    }));
    for (const record of stored) target.records.push(record);
    if (stored.length > 0) this.wakeReaders(target);
    return first;
  }

  read(topic: Topic, partition: number, from: number, maxRecords: number): readonly StoredRecord[] {
    const { begin, records } = this.partition(topic, partition);
    const end = begin + records.length;
    if (from < begin || from > end) {
      throw new OffsetOutOfRangeError(`${topic}-${partition} holds offsets ${begin} to ${end}, not ${from}`);
    }
    return records.slice(from - begin, from - begin + maxRecords);
  }

  bounds(topic: Topic, partition: number): Bounds {
    const { begin, records } = this.partition(topic, partition);
    return { begin, end: begin + records.length };
  }

  /** Calls `wake` once the record at `offset` is there. */
  whenReadable(topic: Topic, partition: number, offset: number, wake: () => void): () => void {
    const target = this.partition(topic, partition);
    if (offset < target.begin + target.records.length) {
      wake();
      return () => {};
    }
    target.waiting.add(wake);
    return () => target.waiting.delete(wake);
  }

  /** Forgets what lies before `begin`, as age does in a real log. */
  truncate(topic: Topic, partition: number, begin: number): void {
    const target = this.partition(topic, partition);
    target.records = target.records.slice(Math.max(0, begin - target.begin));
    target.begin = Math.max(begin, target.begin);
  }

  private wakeReaders(target: Partition): void {
    const waiting = [...target.waiting];
    target.waiting.clear();
    for (const wake of waiting) wake();
  }

  private partition(topic: Topic, partition: number): Partition {
    const found = this.topics.get(topic)?.[partition];
    if (!found) throw new RangeError(`there is no partition ${topic}-${partition}`);
    return found;
  }
}
