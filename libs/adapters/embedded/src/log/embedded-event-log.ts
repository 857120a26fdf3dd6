import { ConsumerGroups, type PartitionSource } from '@penstock/adapter-memory';
import { EMBEDDED_PARTITIONS, TOPICS, type Topic } from '@penstock/events';
import {
  type AnyAppendBatch,
  type AppendReceipt,
  type Bounds,
  type Consumer,
  type EventLog,
  type Membership,
  OffsetOutOfRangeError,
  type StoredRecord,
} from '@penstock/ports';
import { FRAME_TYPE } from '../segments/frame.ts';
import type { GroupWriter } from '../segments/group-writer.ts';
import type { SegmentCatalogue } from '../segments/segment-catalogue.ts';
import type { SegmentReader } from '../segments/segment-reader.ts';
import { BATCH_PREFIX_BYTES, decodeBatch, writeBatchPrefix } from './batch-frame.ts';
import type { CommittedOffsets } from './committed-offsets.ts';
import { readExtent } from './extent-records.ts';
import { LogPartition } from './log-partition.ts';
import { partitionKey } from './partition-key.ts';

/** What one look at the disk brings at most, before more is read. */
const READ_BYTES = 1024 * 1024;

export interface EmbeddedLogOptions {
  readonly writer: GroupWriter;
  readonly catalogue: SegmentCatalogue;
  readonly reader: SegmentReader;
  readonly committed: CommittedOffsets;
  readonly nextOffsets: ReadonlyMap<number, number>;
  readonly partitions: Partial<Record<Topic, number>>;
  /** Encoded bytes of the records that all partitions together keep in memory. */
  readonly tailBytes: number;
}

/** A batch on its way. */
interface PlacedBatch {
  readonly target: LogPartition;
  readonly text: string;
  offset: number;
  end: number;
}

/** The log in segment files: appends go through the group writer, readers at the tail get what was appended. */
export class EmbeddedEventLog implements EventLog, PartitionSource {
  private readonly topics = new Map<Topic, readonly LogPartition[]>();
  private readonly groups = new ConsumerGroups();
  private tailBytes = 0;
  /** Partitions in the order of their batches in memory, the oldest first. */
  private tailOrder: LogPartition[] = [];
  private tailHead = 0;

  constructor(private readonly options: EmbeddedLogOptions) {
    for (const topic of Object.values(TOPICS)) {
      const count = options.partitions[topic] ?? EMBEDDED_PARTITIONS[topic];
      this.topics.set(
        topic,
        Array.from({ length: count }, (_, partition) => this.found(topic, partition)),
      );
    }
  }

  partitionCount(topic: Topic): number {
    return this.topics.get(topic)?.length ?? 0;
  }

  append(batches: readonly AnyAppendBatch[]): Promise<readonly AppendReceipt[]> {
    const { writer } = this.options;
    // What is thrown in here is a rejection.
    return new Promise((resolve, reject) => {
      if (writer.failed) throw writer.failed;
      const placed = this.placeAll(batches);
      writer.whenDurable((error) => {
        if (error) return reject(error);
        for (const { target, end } of placed) target.advance(end);
        resolve(placed.map(({ offset }) => ({ offset })));
      });
    });
  }

  async read<T extends Topic>(
    topic: T,
    partition: number,
    from: number,
    maxRecords: number,
  ): Promise<readonly StoredRecord<T>[]> {
    const target = this.partition(topic, partition);
    const { begin, durableEnd, tail } = target;
    if (from < begin || from > durableEnd) {
      throw new OffsetOutOfRangeError(`${target.name} holds offsets ${begin} to ${durableEnd}, not ${from}`);
    }
    if (from === durableEnd || maxRecords <= 0) return [];
    const records =
      tail.begin !== undefined && from >= tail.begin
        ? tail.read(from, durableEnd, maxRecords)
        : await this.readDisk(target, from, maxRecords);
    // A partition holds the records of its topic only.
    return records as unknown as readonly StoredRecord<T>[];
  }

  async bounds(topic: Topic, partition: number): Promise<Bounds> {
    const { begin, durableEnd } = this.partition(topic, partition);
    return { begin, end: durableEnd };
  }

  async committed(group: string, topic: Topic, partition: number): Promise<number | undefined> {
    return this.options.committed.get(group, topic, partition);
  }

  async commit(group: string, topic: Topic, partition: number, offset: number): Promise<void> {
    this.options.committed.set(group, topic, partition, offset);
  }

  join<T extends Topic>(consumer: Consumer<T>): Promise<Membership> {
    return this.groups.join(consumer, this);
  }

  whenReadable(topic: Topic, partition: number, offset: number, wake: () => void): () => void {
    return this.partition(topic, partition).whenReadable(offset, wake);
  }

  /** Next offsets by partition key, of partitions that hold or held records. */
  nextOffsets(): Record<string, number> {
    const next: Record<string, number> = {};
    for (const partitions of this.topics.values()) {
      for (const partition of partitions) {
        if (partition.next > 0) next[partition.key] = partition.next;
      }
    }
    return next;
  }

  /** Segments were deleted: what was in them is held no more. */
  retired(): void {
    for (const partitions of this.topics.values()) {
      for (const target of partitions) target.begin = this.options.catalogue.begin(target.key) ?? target.next;
    }
  }

  private found(topic: Topic, partition: number): LogPartition {
    const key = partitionKey(topic, partition);
    const next = this.options.nextOffsets.get(key) ?? 0;
    return new LogPartition(topic, partition, key, this.options.catalogue.begin(key) ?? next, next);
  }

  private placeAll(batches: readonly AnyAppendBatch[]): readonly PlacedBatch[] {
    // Everything that can throw comes before the first frame takes its place.
    const placed: PlacedBatch[] = batches.map(({ topic, partition, records }) => ({
      target: this.partition(topic, partition),
      text: JSON.stringify(records),
      offset: 0,
      end: 0,
    }));
    for (let i = 0; i < placed.length; i++) {
      const batch = placed[i] as PlacedBatch;
      batch.offset = this.place(batch.target, batches[i] as AnyAppendBatch, batch.text);
      batch.end = batch.target.next;
    }
    return placed;
  }

  /** One frame: the batch is there whole or not at all. */
  private place(target: LogPartition, batch: AnyAppendBatch, text: string): number {
    const offset = target.next;
    const count = batch.records.length;
    if (count === 0) return offset;
    const place = this.options.writer.place(FRAME_TYPE.batch, BATCH_PREFIX_BYTES + Buffer.byteLength(text));
    writeBatchPrefix(place.buffer, place.at, { key: target.key, count, offset });
    place.buffer.write(text, place.at + BATCH_PREFIX_BYTES);
    this.options.catalogue.add(target.key, offset, count, place);
    target.next = offset + count;
    this.keep(target, offset, batch, place.bytes);
    return offset;
  }

  private keep(target: LogPartition, offset: number, batch: AnyAppendBatch, bytes: number): void {
    const stored: StoredRecord<Topic>[] = [];
    for (let i = 0; i < batch.records.length; i++) {
      stored.push({ offset: offset + i, record: batch.records[i] as StoredRecord<Topic>['record'] });
    }
    target.tail.push(offset, stored, bytes);
    this.tailOrder.push(target);
    this.tailBytes += bytes;
    this.forget();
  }

  private forget(): void {
    while (this.tailBytes > this.options.tailBytes) {
      const oldest = this.tailOrder[this.tailHead];
      const freed = oldest?.tail.shift(oldest.durableEnd) ?? 0;
      if (freed === 0) return;
      this.tailBytes -= freed;
      this.tailHead++;
    }
    if (this.tailHead > 4096 && this.tailHead * 2 > this.tailOrder.length) {
      this.tailOrder = this.tailOrder.slice(this.tailHead);
      this.tailHead = 0;
    }
  }

  private async readDisk(target: LogPartition, from: number, maxRecords: number): Promise<StoredRecord<Topic>[]> {
    const found: StoredRecord<Topic>[] = [];
    const stop = Math.min(target.durableEnd, from + maxRecords);
    let next = from;
    let bytes = 0;
    while (next < stop && bytes < READ_BYTES) {
      const { catalogue } = this.options;
      const { generation } = catalogue;
      const extent = await catalogue.locate(target.key, next);
      if (!extent) throw new Error(`${target.name} has no record ${next} although it was appended`);
      const records = await readExtent(this.options.reader, target.key, extent, next, stop, decodeBatch).catch(
        (error: unknown) => {
          // The segment was replaced in the meantime by one that keeps what is kept for ever.
          if (catalogue.generation === generation || next < target.begin) throw error;
          return undefined;
        },
      );
      if (!records) continue;
      for (const record of records) found.push(record);
      if (records.length === 0) throw new Error(`${target.name} has no record ${next} where its index says`);
      next += records.length;
      bytes += extent.end - extent.position;
    }
    return found;
  }

  private partition(topic: Topic, partition: number): LogPartition {
    const found = this.topics.get(topic)?.[partition];
    if (!found) throw new RangeError(`there is no partition ${topic}-${partition}`);
    return found;
  }
}
