import type { StatementSync } from 'node:sqlite';
import type { Archive, ArchivedEvent, ArchiveEntry } from '@penstock/ports';
import type { FoldSchema, SqliteFile } from './sqlite-file.ts';

/**
 * Events are keyed by the stream's number, given when it is first seen, and the revision: what is written together
 * lies together, although stream names are random.
 */
export const ARCHIVE_SCHEMA: FoldSchema = {
  tables: `
    CREATE TABLE streams (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE events (
      key INTEGER PRIMARY KEY, event_id TEXT NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL
    );
  `,
  pageBytes: 16384,
};

/** Revisions of a stream; with a number below 2^33 the key is an exact JavaScript number. */
const REVISIONS = 2 ** 20;
/** In each of two generations; the earlier one is dropped whole. */
const STREAMS_REMEMBERED = 10_000;

interface Stream {
  readonly number: number;
  readonly eventIds: Set<string>;
}

type Row = readonly [key: number, eventId: string, type: string, at: number, data: string];

export class SqliteArchive implements Archive {
  private readonly findStream: StatementSync;
  private readonly addStream: StatementSync;
  private readonly eventIds: StatementSync;
  private readonly addEvent: StatementSync;
  private readonly events: StatementSync;
  /** Streams met lately, as the file has them: most facts of a delivery follow each other within seconds. */
  private streams = new Map<string, Stream>();
  private earlier = new Map<string, Stream>();
  private nextNumber: number;

  constructor(private readonly file: SqliteFile) {
    this.findStream = file.prepare('SELECT number FROM streams WHERE name = ?');
    this.addStream = file.prepare('INSERT INTO streams VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.eventIds = file.prepare('SELECT event_id FROM events WHERE key >= ? AND key < ?');
    this.addEvent = file.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?)');
    this.events = file.prepare('SELECT * FROM events WHERE key >= ? AND key < ? ORDER BY key LIMIT ?');
    for (const statement of [this.findStream, this.eventIds, this.events]) statement.setReturnArrays(true);
    this.nextNumber = this.firstFreeNumber();
  }

  async append(entries: readonly ArchiveEntry[], positions: ReadonlyMap<string, number>): Promise<void> {
    try {
      this.file.transaction(() => {
        for (const entry of entries) this.add(entry);
        for (const [name, position] of positions) this.file.setPosition(name, position);
      });
    } catch (error) {
      // Undone in the file, so what is remembered of it is not true any more.
      this.streams.clear();
      this.earlier.clear();
      this.nextNumber = this.firstFreeNumber();
      throw error;
    }
    this.forgetOldest();
  }

  async positions(): Promise<ReadonlyMap<string, number>> {
    return this.file.positions();
  }

  async read(stream: string, from: number, limit: number): Promise<readonly ArchivedEvent[]> {
    const rows = this.file.guarded(() => {
      const number = this.streams.get(stream)?.number ?? this.numberOf(stream);
      if (number === undefined || limit <= 0) return [];
      const first = number * REVISIONS;
      return this.events.all(first + Math.max(0, from), first + REVISIONS, limit) as unknown as readonly Row[];
    });
    return rows.map(([key, eventId, type, at, data]) => ({
      revision: key % REVISIONS,
      eventId,
      type,
      at,
      data: JSON.parse(data) as ArchivedEvent['data'],
    }));
  }

  private add({ stream: name, eventId, type, at, data }: ArchiveEntry): void {
    const stream = this.stream(name);
    if (stream.eventIds.has(eventId)) return;
    const revision = stream.eventIds.size;
    if (revision >= REVISIONS) throw new RangeError(`a stream of the archive holds ${REVISIONS} events at most`);
    this.addEvent.run(stream.number * REVISIONS + revision, eventId, type, at, JSON.stringify(data));
    stream.eventIds.add(eventId);
  }

  private load(name: string): Stream {
    const isNew = this.addStream.run(name, this.nextNumber).changes === 1;
    const number = isNew ? this.nextNumber++ : (this.numberOf(name) as number);
    const rows = isNew
      ? []
      : (this.eventIds.all(number * REVISIONS, (number + 1) * REVISIONS) as unknown as [string][]);
    return { number, eventIds: new Set(rows.map(([id]) => id)) };
  }

  private numberOf(name: string): number | undefined {
    return (this.findStream.get(name) as unknown as [number] | undefined)?.[0];
  }

  private firstFreeNumber(): number {
    // Every stream has an event, so the greatest key tells the greatest number without a scan.
    const row = this.file.prepare('SELECT max(key) AS key FROM events').get();
    return row?.key === null || row?.key === undefined ? 0 : Math.floor(Number(row.key) / REVISIONS) + 1;
  }

  /** The stream as remembered or as the file has it; made if it is new. */
  private stream(name: string): Stream {
    const lately = this.streams.get(name);
    if (lately) return lately;
    const stream = this.earlier.get(name) ?? this.load(name);
    this.streams.set(name, stream);
    return stream;
  }

  private forgetOldest(): void {
    if (this.streams.size <= STREAMS_REMEMBERED) return;
    this.earlier = this.streams;
    this.streams = new Map();
  }
}
