/**
 * Reads blobs, several by one range where they lie near each other: what is read at one time was mostly written at one
 * time. Every range goes on a little behind what was asked for, and what it holds is kept.
 */
import { ContentDamagedError, ContentMissingError, type Timers } from '@penstock/ports';
import type { ObjectStorage } from '../storage/object-storage.ts';
import type { BlobCache } from './blob-cache.ts';
import { FRAME_HEADER_BYTES, readBlob, segmentSalt } from './segment-frames.ts';
import { type BlobPlace, segmentKey, segmentPath } from './segment-name.ts';

export interface SegmentReaderOptions {
  /** How long a read waits for others of the same segment, ms. */
  readonly gatherMs: number;
  /** Read behind the last blob asked for, bytes. */
  readonly readAheadBytes: number;
}

interface Wanted {
  readonly place: BlobPlace;
  readonly resolve: (blob: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/** Part of a segment on its way; undefined where there is no segment. */
interface Range {
  readonly start: number;
  readonly end: number;
  readonly bytes: Promise<Buffer | undefined>;
}

class OpenReads {
  wanted: Wanted[] = [];
  ranges: Range[] = [];
}

/** Blobs further apart are read by two ranges. */
const GAP_BYTES = 64 * 1024;

export class SegmentReader {
  private readonly segments = new Map<string, OpenReads>();

  constructor(
    private readonly storage: ObjectStorage,
    private readonly timers: Timers,
    private readonly cache: BlobCache,
    private readonly options: SegmentReaderOptions,
  ) {}

  read(place: BlobPlace): Promise<Uint8Array> {
    const key = segmentKey(place.segment);
    const reads = this.segments.get(key) ?? this.open(key);
    const range = reads.ranges.find(({ start, end }) => start <= place.offset && frameEnd(place) <= end);
    if (range) return this.take(place, key, range);
    return new Promise((resolve, reject) => {
      reads.wanted.push({ place, resolve, reject });
      if (reads.wanted.length === 1) this.timers.after(this.options.gatherMs, () => this.start(key, reads));
    });
  }

  private open(key: string): OpenReads {
    const reads = new OpenReads();
    this.segments.set(key, reads);
    return reads;
  }

  private start(key: string, reads: OpenReads): void {
    const wanted = reads.wanted.sort((a, b) => a.place.offset - b.place.offset);
    reads.wanted = [];
    for (let first = 0; first < wanted.length; ) {
      let end = 0;
      let next = first;
      for (let near = wanted[next]; near && (next === first || near.place.offset <= end + GAP_BYTES); ) {
        end = Math.max(end, frameEnd(near.place));
        near = wanted[++next];
      }
      this.readRange(key, reads, wanted.slice(first, next), end + this.options.readAheadBytes);
      first = next;
    }
  }

  private readRange(key: string, reads: OpenReads, wanted: readonly Wanted[], end: number): void {
    const [{ place }] = wanted as [Wanted];
    const start = place.offset;
    const bytes = this.storage.read(segmentPath(place.segment), start, end - start);
    const range: Range = { start, end, bytes };
    reads.ranges.push(range);
    const done = () => {
      reads.ranges = reads.ranges.filter((other) => other !== range);
      if (reads.ranges.length === 0 && reads.wanted.length === 0) this.segments.delete(key);
    };
    bytes.then((found) => this.keep(key, start, found)).then(done, done);
    for (const { place: asked, resolve, reject } of wanted) this.take(asked, key, range).then(resolve, reject);
  }

  /** Keeps every whole blob of a range; the first is where a frame begins, by the reference it was read for. */
  private keep(key: string, start: number, bytes: Buffer | undefined): void {
    if (!bytes) return;
    const salt = segmentSalt(key);
    for (let at = 0; ; ) {
      const blob = readBlob(bytes, at, start, salt);
      if (!blob) return;
      this.cache.keep(blobKey(key, start + at), blob);
      at += FRAME_HEADER_BYTES + blob.length;
    }
  }

  private async take(place: BlobPlace, key: string, range: Range): Promise<Uint8Array> {
    const salt = segmentSalt(key);
    const found = blobIn(await range.bytes, place, range.start, salt);
    if (found) return found;
    // Read once more by itself: what the way damaged is not what was stored, and mail without content is given up.
    const path = segmentPath(place.segment);
    const bytes = await this.storage.read(path, place.offset, FRAME_HEADER_BYTES + place.length);
    if (!bytes) throw new ContentMissingError(`there is no content segment ${path}`);
    const again = blobIn(bytes, place, place.offset, salt);
    if (!again) throw new ContentDamagedError(`content at ${place.offset} of segment ${path} is damaged`);
    return again;
  }
}

export function blobKey(key: string, offset: number): string {
  return `${key}-${offset.toString(36)}`;
}

function frameEnd({ offset, length }: BlobPlace): number {
  return offset + FRAME_HEADER_BYTES + length;
}

function blobIn(bytes: Buffer | undefined, place: BlobPlace, start: number, salt: number): Buffer | undefined {
  const blob = bytes && readBlob(bytes, place.offset - start, start, salt);
  return blob?.length === place.length ? blob : undefined;
}
