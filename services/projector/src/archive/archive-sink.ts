import { type Archive, type ArchiveEntry, ArchiveUnavailableError, type StoredRecord } from '@penstock/ports';
import type { FactReaderDeps, FactSink } from '../facts/fact-reader.ts';
import { archiveEntries } from './archive-entries.ts';

/** Waits between tries while the archive is away, ms: the first, and the longest. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/**
 * The reactor that appends every fact to the stream of its delivery. It keeps nothing of its own: what is appended
 * twice is there once. An archive that is away is waited for, with one batch in hand and the rest in the log; the read
 * models have a group of their own and do not notice.
 */
export class ArchiveSink implements FactSink {
  private collected: ArchiveEntry[] = [];
  private away: string | undefined;
  private stopWaiting: () => void = () => undefined;
  private readonly ended: Promise<void>;
  private isEnding = false;

  constructor(
    private readonly archive: Archive,
    private readonly deps: Pick<FactReaderDeps, 'timers' | 'telemetry'>,
  ) {
    this.ended = new Promise((resolve) => {
      this.stopWaiting = resolve;
    });
  }

  /** Why nothing is stored at the moment. */
  waitsFor(): string | undefined {
    return this.away;
  }

  /** The process ends: an archive that is away is not waited for any more, and what it lacks is in the log. */
  end(): void {
    this.isEnding = true;
    this.stopWaiting();
  }

  async restore(partition: number): Promise<number | undefined> {
    const positions = await this.whenThere(() => this.archive.positions());
    return positions.get(positionName(partition));
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
    await this.whenThere(() => this.archive.append(entries, named));
  }

  leaving(): void {}

  release(): void {}

  /** What the archive refuses is thrown; that it cannot be reached is not. */
  private async whenThere<T>(work: () => Promise<T>): Promise<T> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      try {
        const done = await work();
        this.away = undefined;
        return done;
      } catch (error) {
        if (!(error instanceof ArchiveUnavailableError) || this.isEnding) throw error;
        this.away = `the archive cannot be reached, and is waited for: ${error.message}`;
        if (waitMs === FIRST_WAIT_MS) this.deps.telemetry.log('warn', 'archive_waits', { reason: error.message });
        await Promise.race([this.deps.timers.sleep(waitMs), this.ended]);
      }
    }
  }
}

function positionName(partition: number): string {
  return `mail.events-${partition}`;
}
