/** Gathers the blobs that are put within a few milliseconds into one segment. */
import type { Clock, Random, Telemetry, TimerHandle, Timers } from '@penstock/ports';
import type { ObjectStorage } from '../storage/object-storage.ts';
import { FRAME_HEADER_BYTES, packSegment } from './segment-frames.ts';
import { HOUR_MS, newWriter, type SegmentName, segmentPath } from './segment-name.ts';

export interface SegmentWriterOptions {
  /** How long the first blob of a segment waits for others, ms. */
  readonly lingerMs: number;
  /** A segment that holds so much is written at once, bytes. */
  readonly segmentBytes: number;
  /** Segments on their way at a time; while there are so many, the next one grows. */
  readonly inFlight: number;
}

interface SegmentDeps {
  readonly storage: ObjectStorage;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

interface Put {
  readonly blobs: readonly Uint8Array[];
  readonly resolve: (references: readonly string[]) => void;
  readonly reject: (error: unknown) => void;
}

class OpenSegment {
  readonly puts: Put[] = [];
  bytes = 0;
}

export class SegmentWriter {
  private readonly writer: string;
  private sequence = 0;
  private gathering = new OpenSegment();
  private linger: TimerHandle | undefined;
  /** Due, and waiting for one that is on its way. */
  private readonly due: OpenSegment[] = [];
  private readonly writing = new Set<Promise<void>>();
  private closed = false;

  constructor(
    private readonly deps: SegmentDeps,
    private readonly options: SegmentWriterOptions,
  ) {
    this.writer = newWriter(deps.random);
  }

  /** The blobs of one put lie side by side in one segment. */
  put(blobs: readonly Uint8Array[]): Promise<readonly string[]> {
    if (this.closed) return Promise.reject(new Error('the content store is closed'));
    if (blobs.length === 0) return Promise.resolve([]);
    const bytes = blobs.reduce((sum, { length }) => sum + FRAME_HEADER_BYTES + length, 0);
    if (this.gathering.bytes > 0 && this.gathering.bytes + bytes > this.options.segmentBytes) this.seal();
    return new Promise((resolve, reject) => {
      this.gathering.puts.push({ blobs, resolve, reject });
      this.gathering.bytes += bytes;
      if (this.gathering.bytes >= this.options.segmentBytes) this.seal();
      else this.linger ??= this.deps.timers.after(this.options.lingerMs, () => this.lingered());
    });
  }

  /** Writes what was put; nothing can be put any more. */
  async close(): Promise<void> {
    this.closed = true;
    this.seal();
    while (this.writing.size > 0) await Promise.all(this.writing);
  }

  /** A segment that waited long enough goes, or else grows until there is room on the way. */
  private lingered(): void {
    this.linger = undefined;
    if (this.writing.size < this.options.inFlight) this.seal();
  }

  private seal(): void {
    this.linger?.cancel();
    this.linger = undefined;
    if (this.gathering.puts.length > 0) {
      this.due.push(this.gathering);
      this.gathering = new OpenSegment();
    }
    this.send();
  }

  private send(): void {
    while (this.writing.size < this.options.inFlight) {
      const next = this.due.shift();
      if (!next) return;
      const writing: Promise<void> = this.write(next).finally(() => {
        this.writing.delete(writing);
        this.sent();
      });
      this.writing.add(writing);
    }
  }

  private sent(): void {
    // Without a timer the open segment has waited long enough.
    if (this.due.length === 0 && this.linger === undefined) this.seal();
    else this.send();
  }

  private async write({ puts }: OpenSegment): Promise<void> {
    try {
      const name = this.nextName();
      const { bytes, references } = packSegment(
        name,
        puts.flatMap(({ blobs }) => blobs),
      );
      await this.deps.storage.put(segmentPath(name), bytes);
      let first = 0;
      for (const { blobs, resolve } of puts) {
        resolve(references.slice(first, first + blobs.length));
        first += blobs.length;
      }
    } catch (error) {
      this.deps.telemetry.log('error', 'content_write_failed', { puts: puts.length, error: String(error) });
      for (const { reject } of puts) reject(error);
    }
  }

  /** By the wall clock: the hour says when the segment may be deleted. */
  private nextName(): SegmentName {
    return { hour: Math.floor(this.deps.clock.now() / HOUR_MS), writer: this.writer, sequence: this.sequence++ };
  }
}
