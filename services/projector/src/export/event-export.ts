import { parseDeliveryId } from '@penstock/events';
import type { Clock, EventLog, Timers } from '@penstock/ports';
import { Pace } from '../facts/pace.ts';
import { formatCursor } from './cursor.ts';
import type { EventStreams, ExportOrder, OpenedStream } from './event-streams.ts';
import { type FixedPoint, fixedPoint } from './log-point.ts';
import { CursorGoneError, type FoundRecord, PartitionSource } from './partition-source.ts';
import type { RecordFilter } from './record-filter.ts';

export interface EventExportDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Exports and tails at once; each may read the whole log. */
const MAX_STREAMS = 16;
/** Characters handed over together. */
const CHUNK_CHARS = 64 * 1024;
const LOOK_EVERY_MS = 50;
const CURSOR_EVERY_MS = 1_000;
const SIGN_EVERY_MS = 15_000;

interface Stream {
  readonly chunks: AsyncGenerator<string, void>;
  abandoned: boolean;
}

/** Records of the log as JSON Lines, in the order of their time across partitions, of their offset within one. */
export class EventExport implements EventStreams {
  private readonly streams = new Map<string, Stream>();
  private opened = 0;
  private ending = false;

  constructor(private readonly deps: EventExportDeps) {}

  async open(order: ExportOrder): Promise<OpenedStream> {
    if (this.streams.size >= MAX_STREAMS || this.ending) return { kind: 'busy' };
    const id = String(this.opened++);
    const one = new OneExport(this.deps, order, () => this.ending || stream.abandoned);
    const stream: Stream = { chunks: one.chunks(), abandoned: false };
    this.streams.set(id, stream);
    try {
      await one.begin();
      return { kind: 'opened', id };
    } catch (error) {
      this.streams.delete(id);
      if (error instanceof CursorGoneError) return { kind: 'gone', message: error.message };
      throw error;
    }
  }

  async next(id: string): Promise<string | undefined> {
    const stream = this.streams.get(id);
    if (!stream) return undefined;
    try {
      const { value, done } = await stream.chunks.next();
      if (!done) return value;
    } catch (error) {
      this.streams.delete(id);
      throw error;
    }
    this.streams.delete(id);
    return undefined;
  }

  async close(id: string): Promise<void> {
    const stream = this.streams.get(id);
    if (stream) stream.abandoned = true;
    this.streams.delete(id);
  }

  async end(): Promise<void> {
    this.ending = true;
  }
}

class OneExport {
  private readonly sources: readonly PartitionSource[];
  private readonly from: FixedPoint | undefined;
  private readonly to: FixedPoint | undefined;
  private readonly pace: Pace;
  private left: number;
  private text = '';
  private scanned = 0;
  private signAt: number;

  constructor(
    private readonly deps: EventExportDeps,
    private readonly order: ExportOrder,
    private readonly ending: () => boolean,
  ) {
    const { log, clock, timers } = deps;
    this.pace = new Pace(clock, timers, () => undefined);
    this.left = order.limit ?? Number.POSITIVE_INFINITY;
    this.signAt = clock.monotonic() + CURSOR_EVERY_MS;
    this.from = fixedPoint(order.from, clock.now());
    this.to = fixedPoint(order.to, clock.now());
    const filter: RecordFilter = {
      ...order.filter,
      ...(this.from?.kind === 'time' && { since: this.from.at }),
      ...(this.to?.kind === 'time' && { before: this.to.at }),
    };
    this.sources = this.partitions().map((partition) => new PartitionSource(log, order.topic, partition, filter));
  }

  async begin(): Promise<void> {
    const { after } = this.order;
    const { from, to } = this;
    for (const source of this.sources) {
      const offset = after?.offsets.get(source.partition);
      if (offset === undefined) await source.begin(after ? undefined : from, to);
      else await source.resume(offset, to);
    }
  }

  async *chunks(): AsyncGenerator<string, void> {
    while (this.left > 0 && !this.ending()) {
      const filled = await Promise.all(this.sources.map((source) => source.fill()));
      const taken = this.merge();
      if (this.signDue()) this.giveSign(false);
      if (this.text.length >= CHUNK_CHARS) yield this.takeText();
      await this.pace.breathe();
      const ended = this.sources.every((source) => source.ended);
      if (ended && !this.order.follow) break;
      if (taken > 0 || (filled.includes(true) && !ended)) continue;
      if (this.text !== '') yield this.takeText();
      await this.deps.timers.sleep(LOOK_EVERY_MS);
      if (this.order.follow) for (const source of this.sources) await source.extend();
    }
    this.giveSign(true);
    if (this.text !== '') yield this.takeText();
  }

  /** Takes records in the order of their time, for as long as it is known which is next; answers how many. */
  private merge(): number {
    const before = this.left;
    const going = this.sources.filter((source) => !source.ended);
    while (this.left > 0) {
      let earliest: PartitionSource | undefined;
      for (const source of going) {
        const { current } = source;
        // Those who follow do not wait for a partition where nothing happens.
        if (!current) {
          if (source.ended) continue;
          return before - this.left;
        }
        if (!earliest?.current || current.record.at < earliest.current.record.at) earliest = source;
      }
      if (!earliest?.current) break;
      this.tell(earliest.partition, earliest.current);
      earliest.take();
    }
    return before - this.left;
  }

  private tell(partition: number, { offset, record, text }: FoundRecord): void {
    const { topic } = this.order;
    const json = text ?? JSON.stringify(record);
    this.text += `{"topic":"${topic}","partition":${partition},"offset":${offset},"record":${json}}\n`;
    this.left--;
  }

  private signDue(): boolean {
    return this.deps.clock.monotonic() >= this.signAt;
  }

  /** Tells where to go on; without cursors an empty line now and then, by which a dead connection is found out. */
  private giveSign(end: boolean): void {
    this.signAt = this.deps.clock.monotonic() + (this.order.cursors ? CURSOR_EVERY_MS : SIGN_EVERY_MS);
    if (!this.order.cursors) {
      if (!end && this.order.follow) this.text += '\n';
      return;
    }
    for (const source of this.sources) this.scanned += source.takeScanned();
    const offsets = new Map(this.sources.map(({ partition, next }) => [partition, next]));
    const cursor = formatCursor({ topic: this.order.topic, offsets });
    this.text += `${JSON.stringify({ cursor, scanned: this.scanned, ...(end && { end }) })}\n`;
  }

  private takeText(): string {
    const { text } = this;
    this.text = '';
    return text;
  }

  /** Everything about one delivery stands in its own partition. */
  private partitions(): readonly number[] {
    const count = this.deps.log.partitionCount(this.order.topic);
    const all = Array.from({ length: count }, (_, partition) => partition);
    const { topic, filter } = this.order;
    if (topic !== 'mail.events' || filter.deliveryId === undefined) return all;
    const own = parseDeliveryId(filter.deliveryId)?.partition;
    return all.filter((partition) => partition === own);
  }
}
