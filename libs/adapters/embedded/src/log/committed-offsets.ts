import { existsSync } from 'node:fs';
import type { Topic } from '@penstock/events';
import type { Telemetry } from '@penstock/ports';
import { type FoldSchema, SqliteFile } from '../folds/sqlite-file.ts';

/** A crash loses at most so much of the positions; what is read again is harmless. */
const WRITE_DELAY_MS = 20;

/** Positions are all there is. */
const OFFSETS_SCHEMA: FoldSchema = { tables: '', pageBytes: 4096 };

/** Nobody knows any more what was done. */
export class OffsetsLostError extends Error {
  override readonly name = 'OffsetsLostError';
}

/**
 * The one file here that is no fold: nothing else tells how far a submission was expanded. To begin anew would expand
 * what is older than the scheduler remembers, and send it again.
 *
 * @throws OffsetsLostError where it cannot be read, or is gone from beside a log that holds records
 */
export function openOffsets(path: string, logHoldsRecords: boolean): SqliteFile {
  const way =
    'without it mail that was sent may be sent again; put it back from a copy, or put an empty file in its place to accept that';
  if (logHoldsRecords && !existsSync(path)) throw new OffsetsLostError(`${path} is missing: ${way}`);
  try {
    return SqliteFile.openIrreplaceable(path, OFFSETS_SCHEMA);
  } catch (error) {
    throw new OffsetsLostError(`${path} cannot be read (${String(error)}): ${way}`, { cause: error });
  }
}

/** The groups' positions: in memory, and written behind together. */
export class CommittedOffsets {
  private readonly offsets = new Map<string, number>();
  private readonly dirty = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly file: SqliteFile,
    private readonly telemetry: Telemetry,
  ) {
    for (const [name, position] of file.positions()) this.offsets.set(name, position);
  }

  get(group: string, topic: Topic, partition: number): number | undefined {
    return this.offsets.get(key(group, topic, partition));
  }

  set(group: string, topic: Topic, partition: number, offset: number): void {
    const name = key(group, topic, partition);
    this.offsets.set(name, offset);
    this.dirty.add(name);
    this.timer ??= setTimeout(() => this.write(), WRITE_DELAY_MS);
  }

  close(): void {
    this.write();
    this.file.close();
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    try {
      this.file.transaction(() => {
        for (const name of this.dirty) this.file.setPosition(name, this.offsets.get(name) ?? 0);
      });
      this.dirty.clear();
    } catch (error) {
      // They stay dirty and go with the next ones; until then a restart reads more again.
      this.telemetry.log('warn', 'committed_offsets_not_written', { error: String(error) });
    }
  }
}

function key(group: string, topic: Topic, partition: number): string {
  return `${group} ${topic}-${partition}`;
}
