import { type RecordSetAside, recordSetAside } from '@penstock/events';
import type { Clock, Consumer, EventLog, PartitionHandler, StoredRecord, Telemetry, Timers } from '@penstock/ports';
import { ReachedPositions } from './reached-positions.ts';
import { unreadable } from './readable-fact.ts';
import { Standstill } from './standstill.ts';
import { WriteBehind, type WriteBehindLimits } from './write-behind.ts';

/** What is made of the facts, and where it is kept together with the positions reached. */
export interface FactSink {
  /** Brings back what was kept; answers the offset to go on from, or undefined for a partition never read. */
  restore(partition: number): Promise<number | undefined>;
  /** Folds one fact and answers how many rows it will cost to store. Facts before `restore`'s answer never come. */
  fold(partition: number, stored: StoredRecord<'mail.events'>): number;
  /** Stores everything folded and these positions in one transaction; takes all of it before the first await. */
  store(positions: ReadonlyMap<number, number>): Promise<void>;
  /** The next `store` is the last one before `release`. */
  leaving(partition: number): void;
  /** Everything is stored and the partition is another's. */
  release(partition: number): void;
  /** What it waits for before it can store or answer, for people. */
  waitsFor?(): string | undefined;
}

export interface FactReaderDeps {
  readonly log: EventLog;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Whether facts that cannot be read go to `mail.dead`; else they are noted only. Needs a log that takes appends. */
  readonly setsAside?: boolean;
}

/** Longest a fact waits to be stored, and most rows that wait. */
const LIMITS: WriteBehindLimits = { delayMs: 250, maxCollected: 5_000 };

/** Well below the wait for the store: queries see a fact hardly later for it. */
const MAY_LAG_MS = 100;

/** A consumer of `mail.events` whose position lies in its sink's own store. */
export class FactReader implements PartitionHandler<'mail.events'> {
  readonly consumer: Consumer<'mail.events'>;
  /** Stored, so a query sees it. */
  readonly stored = new ReachedPositions();
  private readonly endsAsFound = new Map<number, number>();
  private readonly standstill = new Standstill();
  private readonly behind: WriteBehind;
  private folded = new Map<number, number>();
  private failure: string | undefined;
  /** Facts that could not be read, until they stand in `mail.dead`. */
  private unread: RecordSetAside[] = [];
  /** How many wait for what is not stored yet. */
  private hurried = 0;

  constructor(
    private readonly deps: FactReaderDeps,
    readonly group: string,
    private sink: FactSink,
  ) {
    this.consumer = { group, topic: 'mail.events', mayLagMs: MAY_LAG_MS, handler: this };
    this.behind = new WriteBehind(
      deps.timers,
      LIMITS,
      () => this.store(),
      (error) => this.stopped(`${group} could not be stored`, error),
    );
  }

  async assigned(partition: number): Promise<number> {
    await this.standstill.of(partition);
    const [{ begin, end }, kept] = await Promise.all([
      this.deps.log.bounds('mail.events', partition),
      this.sink.restore(partition),
    ]);
    const from = Math.max(kept ?? begin, begin);
    if (kept !== undefined && kept < begin) this.note('error', 'facts_lost', { partition, from: kept, to: begin });
    this.endsAsFound.set(partition, end);
    this.stored.advance(partition, from);
    return from;
  }

  batch(partition: number, records: readonly StoredRecord<'mail.events'>[]): Promise<void> {
    const standsStill = this.standstill.of(partition);
    if (standsStill) return standsStill.then(() => this.batch(partition, records));
    let rows = 0;
    for (const stored of records) rows += this.fold(partition, stored);
    const last = records.at(-1);
    if (last) this.folded.set(partition, last.offset + 1);
    const added = this.behind.add(rows);
    if (this.hurried > 0) this.hurry();
    return added;
  }

  async revoked(partition: number): Promise<void> {
    await this.standstill.of(partition);
    this.endsAsFound.delete(partition);
    this.sink.leaving(partition);
    if (this.failure === undefined) await this.flush();
    this.stored.forget(partition);
    this.sink.release(partition);
  }

  failed(partition: number, error: unknown): void {
    this.stopped(`mail.events partition ${partition} could not be read`, error);
  }

  /** Resolves when everything read so far is stored. */
  flush(): Promise<void> {
    return this.behind.flush();
  }

  /** The partitions read here. */
  partitions(): readonly number[] {
    return [...this.endsAsFound.keys()];
  }

  /**
   * Runs `work` while the partitions stand still: nothing of them is folded, and all that was is stored, down to what
   * a restart would go on from. Rejects, without running it, if one of them is not read here.
   */
  async atStandstill<R>(
    partitions: readonly number[],
    work: (reached: ReadonlyMap<number, number>) => Promise<R>,
  ): Promise<R> {
    const end = this.standstill.begin(partitions);
    try {
      for (const partition of partitions) this.sink.leaving(partition);
      await this.flush();
      return await work(new Map(partitions.map((partition) => [partition, this.reached(partition)])));
    } finally {
      end();
    }
  }

  /** From now on folds into another sink, which holds just as much; only while every partition stands still. */
  continueWith(sink: FactSink): void {
    this.sink = sink;
  }

  private reached(partition: number): number {
    const reached = this.stored.of(partition);
    if (reached === undefined) throw new Error(`partition ${partition} of mail.events is not read here`);
    return reached;
  }

  /**
   * Whether everything of the partition before `offset` is stored now or within `timeoutMs`. While somebody waits,
   * what is read is stored at once.
   */
  async storedWithin(partition: number, offset: number, timeoutMs: number): Promise<boolean> {
    this.hurried++;
    this.hurry();
    const stored = await this.stored.waitAtMost(partition, offset, timeoutMs, this.deps.timers);
    this.hurried--;
    return stored;
  }

  notReady(): string | undefined {
    if (this.failure !== undefined) return this.failure;
    const behind = this.behindReason();
    return behind && (this.sink.waitsFor?.() ?? behind);
  }

  private behindReason(): string | undefined {
    if (this.endsAsFound.size === 0) return `${this.group} reads no partition of mail.events yet`;
    for (const [partition, end] of this.endsAsFound) {
      const reached = this.stored.of(partition) ?? 0;
      if (reached < end) {
        return `${this.group} has read partition ${partition} of mail.events up to ${reached}, not yet to ${end}`;
      }
    }
    return undefined;
  }

  /**
   * A fact that cannot be read stops nobody here: it is noted, goes to `mail.dead` before the position passes it, and
   * the fold goes on without it. This is the one place that knows of such facts.
   */
  private fold(partition: number, stored: StoredRecord<'mail.events'>): number {
    const { offset, record } = stored;
    const wrong = unreadable(record);
    if (wrong === undefined) return this.sink.fold(partition, stored);
    this.note('error', 'fact_unreadable', { partition, offset, type: record.type, reason: wrong });
    if (this.deps.setsAside) this.unread.push(this.setAside(partition, stored, wrong));
    return 1;
  }

  private setAside(partition: number, stored: StoredRecord<'mail.events'>, reason: string): RecordSetAside {
    const { offset, record, text = JSON.stringify(record) } = stored;
    const { group } = this;
    return recordSetAside(this.deps.clock.now(), { group, topic: 'mail.events', partition, offset, reason, text });
  }

  private hurry(): void {
    // A write that fails is reported by `stopped`; whoever waits learns that nothing more is stored.
    this.flush().catch(() => undefined);
  }

  private async store(): Promise<void> {
    while (this.unread.length > 0) {
      const records = this.unread;
      this.unread = [];
      await this.deps.log.append([{ topic: 'mail.dead', partition: 0, records }]);
    }
    const positions = this.folded;
    this.folded = new Map();
    await this.sink.store(positions);
    for (const [partition, offset] of positions) this.stored.advance(partition, offset);
  }

  private stopped(reason: string, error: unknown): void {
    this.failure = reason;
    this.note('error', 'facts_stopped', { reason, error: String(error) });
  }

  private note(level: 'error', event: string, fields: Readonly<Record<string, unknown>>): void {
    this.deps.telemetry.log(level, event, { group: this.group, ...fields });
  }
}
