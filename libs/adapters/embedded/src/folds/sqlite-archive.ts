import type { StatementSync } from 'node:sqlite';
import type { Archive, ArchivedEvent, ArchiveEntry } from '@penstock/ports';
import type { FoldSchema, SqliteFile } from './sqlite-file.ts';

/**
 * One row holds what one append added to a stream, so a delivery that settles between two appends is one row. Rows
 * lie in the order they were written; the names, which begin with the time, are only in the index.
 */
export const ARCHIVE_SCHEMA: FoldSchema = {
  version: 2,
  tables: `
    CREATE TABLE chunks (id INTEGER PRIMARY KEY, stream TEXT NOT NULL, first INTEGER NOT NULL, events TEXT NOT NULL);
    CREATE UNIQUE INDEX chunks_by_stream ON chunks (stream, first);
  `,
  pageBytes: 16384,
};

/** Events of one row: a page of a long stream need not parse all of it. */
const CHUNK_EVENTS = 256;
/** In each of two generations; the earlier one is dropped whole. */
const STREAMS_REMEMBERED = 10_000;
/** More ids than this are looked up in a set. */
const FEW = 16;

/** An event as it stands in a row; its revision is the row's first one plus its place. */
type Stored = readonly [eventId: string, type: string, at: number, data: ArchivedEvent['data']];
type Row = readonly [first: number, events: string];

/** The ids of a stream's events, of which there are mostly three. One not met yet is taken for a new one. */
class Stream {
  private ids: string[] = [];
  private many: Set<string> | undefined;
  /** Taken by the running append. */
  added: ArchiveEntry[] = [];

  constructor(readonly name: string) {}

  /** Of the next event. */
  get next(): number {
    return this.ids.length;
  }

  /** Takes over what the file has. */
  learn(ids: string[]): void {
    this.ids = ids;
    this.many = ids.length > FEW ? new Set(ids) : undefined;
  }

  /** Whether it is new; from now on it is not. */
  add(eventId: string): boolean {
    if (this.many ? this.many.has(eventId) : this.ids.includes(eventId)) return false;
    this.ids.push(eventId);
    if (this.many) this.many.add(eventId);
    else if (this.ids.length > FEW) this.many = new Set(this.ids);
    return true;
  }
}

export class SqliteArchive implements Archive {
  private readonly addChunk: StatementSync;
  private readonly chunks: StatementSync;
  private readonly chunksFrom: StatementSync;
  /** Streams met lately, as the file has them: most facts of a delivery follow each other within seconds. */
  private streams = new Map<string, Stream>();
  private earlier = new Map<string, Stream>();

  constructor(private readonly file: SqliteFile) {
    this.addChunk = file.prepare(
      'INSERT INTO chunks (stream, first, events) VALUES (?, ?, ?) ON CONFLICT (stream, first) DO NOTHING',
    );
    this.chunks = file.prepare('SELECT first, events FROM chunks WHERE stream = ?1 ORDER BY first');
    this.chunksFrom = file.prepare(`
      SELECT first, events FROM chunks WHERE stream = ?1 AND first >=
        ifnull((SELECT max(first) FROM chunks WHERE stream = ?1 AND first <= ?2), 0)
      ORDER BY first`);
    for (const statement of [this.chunks, this.chunksFrom]) statement.setReturnArrays(true);
  }

  async append(entries: readonly ArchiveEntry[], positions: ReadonlyMap<string, number>): Promise<void> {
    await this.file.whenRoom(() => this.appendOnce(entries, positions));
  }

  private appendOnce(entries: readonly ArchiveEntry[], positions: ReadonlyMap<string, number>): void {
    try {
      this.file.transaction(() => {
        for (const stream of this.gathered(entries)) this.write(stream);
        for (const [name, position] of positions) this.file.setPosition(name, position);
      });
    } catch (error) {
      // Undone in the file, so what is remembered of it is not true any more.
      this.streams.clear();
      this.earlier.clear();
      throw error;
    }
    this.forgetOldest();
  }

  async positions(): Promise<ReadonlyMap<string, number>> {
    return this.file.positions();
  }

  async read(stream: string, from: number, limit: number): Promise<readonly ArchivedEvent[]> {
    if (limit <= 0) return [];
    return this.file.guarded(() => {
      const found: ArchivedEvent[] = [];
      for (const row of this.chunksFrom.iterate(stream, Math.max(0, from))) {
        const [first, events] = row as unknown as Row;
        for (const [i, [eventId, type, at, data]] of (JSON.parse(events) as Stored[]).entries()) {
          if (first + i < from) continue;
          if (found.push({ revision: first + i, eventId, type, at, data }) === limit) return found;
        }
      }
      return found;
    });
  }

  /** The streams the entries are of, in the order they are first met. */
  private gathered(entries: readonly ArchiveEntry[]): readonly Stream[] {
    const touched: Stream[] = [];
    for (const entry of entries) {
      const stream = this.stream(entry.stream);
      if (stream.added.push(entry) === 1) touched.push(stream);
    }
    return touched;
  }

  private write(stream: Stream): void {
    const { added } = stream;
    stream.added = [];
    if (this.put(stream, added)) return;
    // It was no new one: what the file has of it decides what is a repeat.
    stream.learn(this.idsOf(stream.name));
    this.put(stream, added);
  }

  /** Adds what the stream does not have yet; false where it was taken for a new one and is none. */
  private put(stream: Stream, entries: readonly ArchiveEntry[]): boolean {
    const isNew = stream.next === 0;
    const first = stream.next;
    const fresh = entries.filter(({ eventId }) => stream.add(eventId));
    for (let at = 0; at < fresh.length; at += CHUNK_EVENTS) {
      const part = fresh.length > CHUNK_EVENTS ? fresh.slice(at, at + CHUNK_EVENTS) : fresh;
      const { changes } = this.addChunk.run(stream.name, first + at, chunkText(part));
      if (changes === 0 && isNew) return false;
      if (changes === 0) throw new Error('the archive holds more of a stream than was written to it');
    }
    return true;
  }

  private idsOf(name: string): string[] {
    const rows = this.chunks.all(name) as unknown as readonly Row[];
    return rows.flatMap(([, events]) => (JSON.parse(events) as Stored[]).map(([eventId]) => eventId));
  }

  /** The stream as remembered, or one that may be new. */
  private stream(name: string): Stream {
    const lately = this.streams.get(name);
    if (lately) return lately;
    const stream = this.earlier.get(name) ?? new Stream(name);
    this.streams.set(name, stream);
    return stream;
  }

  private forgetOldest(): void {
    if (this.streams.size <= STREAMS_REMEMBERED) return;
    this.earlier = this.streams;
    this.streams = new Map();
  }
}

function chunkText(entries: readonly ArchiveEntry[]): string {
  let text = '';
  for (const { eventId, type, at, json } of entries) {
    // Put together as text, where one that is missing would be written as a word that no JSON has, and stop every reader.
    if (typeof eventId !== 'string' || typeof json !== 'string' || !Number.isFinite(at)) {
      throw new TypeError(`an event of type ${type} without its id, its time or its text cannot be archived`);
    }
    text += `${text === '' ? '[' : ','}[${JSON.stringify(eventId)},${JSON.stringify(type)},${at},${json}]`;
  }
  return `${text}]`;
}
