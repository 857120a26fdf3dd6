import type { RecordOf, Topic } from '@penstock/events';

/**
 * The log: topics of partitions of records. Append is atomic within one partition and promises nothing across
 * two. Records are handed over decoded and shared between readers: they are never changed.
 */
export interface EventLog {
  partitionCount(topic: Topic): number;

  /**
   * Appends each batch to its partition and resolves, in the order given, when all of them are durable.
   * Rejects if any is not known to be durable; then each partition holds its batch whole, or not at all, and the
   * caller may append again: repeated ids are repeats.
   */
  append(batches: readonly AnyAppendBatch[]): Promise<readonly AppendReceipt[]>;

  /** Up to `maxRecords` records from `from` on; empty at the end. Rejects with OffsetOutOfRangeError before `begin`. */
  read<T extends Topic>(
    topic: T,
    partition: number,
    from: number,
    maxRecords: number,
  ): Promise<readonly StoredRecord<T>[]>;

  /** First offset still held, and the offset the next record will get. */
  bounds(topic: Topic, partition: number): Promise<Bounds>;

  /** The group's position: the next offset it has to read, or undefined if it never committed. */
  committed(group: string, topic: Topic, partition: number): Promise<number | undefined>;

  /** Remembers the position. May be lost by a crash: what is read again must be harmless. */
  commit(group: string, topic: Topic, partition: number, offset: number): Promise<void>;

  /** Joins the group: each partition of the topic is read by one member. Resolves once assigned. */
  join<T extends Topic>(consumer: Consumer<T>): Promise<Membership>;
}

export interface AppendBatch<T extends Topic> {
  readonly topic: T;
  readonly partition: number;
  readonly records: readonly RecordOf<T>[];
}

export type AnyAppendBatch = { [T in Topic]: AppendBatch<T> }[Topic];

export interface AppendReceipt {
  /** Offset of the batch's first record; the others follow it. */
  readonly offset: number;
}

export interface StoredRecord<T extends Topic = Topic> {
  readonly offset: number;
  readonly record: RecordOf<T>;
  /** The record as JSON, of today's version, where the log has it at hand: whoever stores it need not make it again. */
  readonly text?: string;
}

export interface Bounds {
  readonly begin: number;
  readonly end: number;
}

/** One member of a consumer group on one topic. */
export interface Consumer<T extends Topic = Topic> {
  readonly group: string;
  readonly topic: T;
  /** The partitions this member can take; all of them if absent. */
  readonly partitions?: readonly number[];
  /**
   * How old what it reads may be, ms: where reading costs a request, more is then read with each. Nobody waits longer
   * for it than that. Default: as little as the log can do.
   */
  readonly mayLagMs?: number;
  readonly handler: PartitionHandler<T>;
  /** Its handler may take long to answer `assigned`, such as while its store is away: no start waits for it. */
  readonly late?: boolean;
}

/** Batches of one partition arrive one at a time, in offset order; different partitions are independent. */
export interface PartitionHandler<T extends Topic = Topic> {
  /** The partition is this member's now; answers the offset to read from. */
  assigned(partition: number): Promise<number>;
  /** The next batch follows when this has settled. A rejection stops the partition and reaches `failed`. */
  batch(partition: number, records: readonly StoredRecord<T>[]): Promise<void>;
  /** The partition is another's, or this member leaves: nothing more arrives. */
  revoked(partition: number): Promise<void>;
  /** The partition stopped and will not go on by itself. */
  failed(partition: number, error: unknown): void;
}

export interface Membership {
  /** Resolves when every handler has returned and its partitions are revoked. */
  leave(): Promise<void>;
}

/** The offset asked for is no longer held, or was never written. */
export class OffsetOutOfRangeError extends Error {
  override readonly name = 'OffsetOutOfRangeError';
}
