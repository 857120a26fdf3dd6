import type { Archive, ArchivedEvent, ArchiveEntry } from '@penstock/ports';

interface Stream {
  readonly ids: Set<string>;
  /** Everything but the data as it is, the data as text, as a file would keep it. */
  readonly events: { readonly event: Omit<ArchivedEvent, 'data'>; readonly text: string }[];
}

/** The streams and positions, apart from any connection to them. */
export class MemoryArchiveData {
  readonly positions = new Map<string, number>();
  readonly streams = new Map<string, Stream>();
}

export class MemoryArchive implements Archive {
  constructor(readonly data = new MemoryArchiveData()) {}

  async append(entries: readonly ArchiveEntry[], positions: ReadonlyMap<string, number>): Promise<void> {
    // Everything that can throw comes before the first change: an append is all or nothing.
    const texts = entries.map(({ json }) => json);
    for (const [i, entry] of entries.entries()) this.add(entry, texts[i] as string);
    for (const [name, position] of positions) this.data.positions.set(name, position);
  }

  async positions(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.data.positions);
  }

  async read(stream: string, from: number, limit: number): Promise<readonly ArchivedEvent[]> {
    const events = this.data.streams.get(stream)?.events ?? [];
    return events
      .slice(from, from + limit)
      .map(({ event, text }) => ({ ...event, data: JSON.parse(text) as ArchivedEvent['data'] }));
  }

  private add(entry: ArchiveEntry, text: string): void {
    let stream = this.data.streams.get(entry.stream);
    if (!stream) {
      stream = { ids: new Set(), events: [] };
      this.data.streams.set(entry.stream, stream);
    }
    if (stream.ids.has(entry.eventId)) return;
    stream.ids.add(entry.eventId);
    const { eventId, type, at } = entry;
    stream.events.push({ event: { revision: stream.events.length, eventId, type, at }, text });
  }
}
