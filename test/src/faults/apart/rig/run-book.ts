import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HistoryEntry } from '../history.ts';

/** The time of a run and what was learnt in it. */
export class RunBook {
  readonly entries: HistoryEntry[] = [];
  private begunAt = performance.now();
  private wallBegunAt = Date.now();

  /** The load begins: from here on times count. */
  begin(): void {
    this.begunAt = performance.now();
    this.wallBegunAt = Date.now();
  }

  /** ms of the run of what somebody wrote at this time of his wall clock. */
  wall(at: number): number {
    return at - this.wallBegunAt;
  }

  /** ms of the run, from no wall clock. */
  now(): number {
    return Math.round((performance.now() - this.begunAt) * 10) / 10;
  }

  /** One entry a line; ends the stream. */
  async write(stream: Writable): Promise<void> {
    await pipeline(
      Readable.from(this.entries).map((entry) => `${JSON.stringify(entry)}\n`),
      stream,
    );
  }

  note(entry: HistoryEntry): void {
    this.entries.push(entry);
  }
}
