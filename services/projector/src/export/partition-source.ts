import type { LogRecord, Topic } from '@penstock/events';
import { type EventLog, OffsetOutOfRangeError, type StoredRecord } from '@penstock/ports';
import type { FixedPoint } from './log-point.ts';
import { passes, type RecordFilter } from './record-filter.ts';

/** Records asked for at once. */
const READ_RECORDS = 1_000;
/**
 * How far from the order of time records may stand in a partition: several writers with clocks of their own, and what
 * waits to be written. Further than this only after a clock was set.
 */
const DISORDER_MS = 10 * 60_000;

export interface FoundRecord {
  readonly offset: number;
  readonly record: LogRecord;
  /** As JSON, where the log has it at hand. */
  readonly text?: string;
}

/** A cursor names records that the log no longer holds: what came between is lost to whoever goes on from it. */
export class CursorGoneError extends Error {
  override readonly name = 'CursorGoneError';
}

/** What is wanted of one partition, batch by batch. */
export class PartitionSource {
  /** Read and wanted, not yet taken. */
  private found: readonly FoundRecord[] = [];
  private index = 0;
  private position = 0;
  private end = 0;
  private last = Number.POSITIVE_INFINITY;
  private over = false;
  private scanned = 0;

  constructor(
    private readonly log: EventLog,
    private readonly topic: Topic,
    readonly partition: number,
    private readonly filter: RecordFilter,
  ) {}

  /** Begins at `from`, or where the log begins; ends before `to`, or at the end as it is now. */
  async begin(from: FixedPoint | undefined, to: FixedPoint | undefined): Promise<void> {
    const { begin, end } = await this.log.bounds(this.topic, this.partition);
    if (to?.kind === 'offset') this.last = to.offset;
    this.end = Math.min(end, this.last);
    const wanted = from?.kind === 'time' ? await this.seek(from.at - DISORDER_MS, begin, end) : (from?.offset ?? begin);
    this.position = Math.min(Math.max(wanted, begin), end);
  }

  /** Goes on where an earlier reading ended. @throws CursorGoneError */
  async resume(offset: number, to: FixedPoint | undefined): Promise<void> {
    const { begin } = await this.log.bounds(this.topic, this.partition);
    if (offset < begin) {
      throw new CursorGoneError(
        `partition ${this.partition} of ${this.topic} begins at ${begin} now: the records from ${offset} on are gone`,
      );
    }
    await this.begin({ kind: 'offset', offset }, to);
  }

  /** Takes what has been written since for the end: for those who follow. */
  async extend(): Promise<void> {
    const { end } = await this.log.bounds(this.topic, this.partition);
    this.end = Math.min(end, this.last);
  }

  /** The record at hand. */
  get current(): FoundRecord | undefined {
    return this.found[this.index];
  }

  take(): void {
    this.index++;
  }

  /** Where to go on if nothing more is taken. */
  get next(): number {
    return this.current?.offset ?? this.position;
  }

  /** Nothing is at hand and nothing more will be, unless the end is moved. */
  get ended(): boolean {
    return this.current === undefined && (this.over || this.position >= this.end);
  }

  /** Records looked at since the last time it was asked. */
  takeScanned(): number {
    const { scanned } = this;
    this.scanned = 0;
    return scanned;
  }

  /**
   * Reads one batch, of which nothing may be wanted. Answers whether there was one: who reads the log from its files
   * may not be as far as the log itself.
   */
  async fill(): Promise<boolean> {
    if (this.current !== undefined || this.ended) return false;
    const records = await this.read(this.position, Math.min(READ_RECORDS, this.end - this.position));
    const last = records.at(-1);
    if (!last) return false;
    this.found = records.filter(({ record }) => passes(this.filter, record));
    this.index = 0;
    this.scanned += records.length;
    this.position = last.offset + 1;
    const { before } = this.filter;
    this.over = before !== undefined && last.record.at >= before + DISORDER_MS;
    return true;
  }

  private async read(from: number, count: number): Promise<readonly StoredRecord[]> {
    try {
      return await this.log.read(this.topic, this.partition, from, count);
    } catch (error) {
      if (error instanceof OffsetOutOfRangeError && from >= (await this.log.bounds(this.topic, this.partition)).begin) {
        return [];
      }
      throw error;
    }
  }

  /** First offset whose record, and all after it but for their disorder, are not before `at`: some twenty reads. */
  private async seek(at: number, begin: number, end: number): Promise<number> {
    let low = begin;
    let high = end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [stored] = await this.read(middle, 1);
      if (stored && stored.record.at < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
