import type { Archive, ArchiveEntry, StoredRecord } from '@penstock/ports';
import type { FactSink } from '../facts/fact-reader.ts';
import { archiveEntries } from './archive-entries.ts';

/**
 * The reactor that appends every fact to the stream of its delivery. It keeps nothing of its own: what is appended
 * twice is there once.
 */
export class ArchiveSink implements FactSink {
  private collected: ArchiveEntry[] = [];

  constructor(private readonly archive: Archive) {}

  async restore(partition: number): Promise<number | undefined> {
    return (await this.archive.positions()).get(positionName(partition));
  }

  fold(_partition: number, { offset, record, text }: StoredRecord<'mail.events'>): number {
    const entries = archiveEntries(record, offset, text);
    for (const entry of entries) this.collected.push(entry);
    return entries.length;
  }

  async store(positions: ReadonlyMap<number, number>): Promise<void> {
    const entries = this.collected;
    this.collected = [];
    if (positions.size === 0) return;
    const named = new Map([...positions].map(([partition, offset]) => [positionName(partition), offset]));
    await this.archive.append(entries, named);
  }

  leaving(): void {}

  release(): void {}
}

function positionName(partition: number): string {
  return `mail.events-${partition}`;
}
