import type { Clock, ContentStore, Random, Telemetry, Timers } from '@penstock/ports';
import type { ObjectStorage } from '../storage/object-storage.ts';
import { BlobCache } from './blob-cache.ts';
import { parseReference, segmentKey } from './segment-name.ts';
import { blobKey, SegmentReader, type SegmentReaderOptions } from './segment-reader.ts';
import { SegmentWriter, type SegmentWriterOptions } from './segment-writer.ts';

export interface PackingOptions extends SegmentWriterOptions, SegmentReaderOptions {
  /** Blobs written or read lately that are kept in memory, bytes; 0 for a process that never reads. */
  readonly cacheBytes: number;
}

export interface PackingDeps {
  readonly storage: ObjectStorage;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

/** Content in packed segments of a storage that many processes write and read. `put` resolves when it is durable. */
export class PackedContentStore implements ContentStore {
  private readonly writer: SegmentWriter;
  private readonly reader: SegmentReader;
  private readonly cache: BlobCache;

  constructor(
    deps: PackingDeps,
    private readonly options: PackingOptions,
  ) {
    this.cache = new BlobCache(options.cacheBytes);
    this.writer = new SegmentWriter(deps, options);
    this.reader = new SegmentReader(deps.storage, deps.timers, this.cache, options);
  }

  async put(blobs: readonly Uint8Array[]): Promise<readonly string[]> {
    const references = await this.writer.put(blobs);
    if (this.options.cacheBytes > 0) this.remember(references, blobs);
    return references;
  }

  async get(reference: string): Promise<Uint8Array> {
    const place = parseReference(reference);
    const cached = this.cache.get(blobKey(segmentKey(place.segment), place.offset));
    return cached?.length === place.length ? cached : await this.reader.read(place);
  }

  /** Writes what was put; nothing can be put any more. */
  close(): Promise<void> {
    return this.writer.close();
  }

  private remember(references: readonly string[], blobs: readonly Uint8Array[]): void {
    for (const [i, blob] of blobs.entries()) {
      const { segment, offset } = parseReference(references[i] as string);
      this.cache.keep(blobKey(segmentKey(segment), offset), ownBytes(blob));
    }
  }
}

/** A small slice of a large buffer would keep all of it in memory. */
function ownBytes(blob: Uint8Array): Uint8Array {
  return blob.buffer.byteLength > 2 * blob.byteLength ? blob.slice() : blob;
}
