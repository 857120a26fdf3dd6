import { ContentDamagedError, ContentMissingError, type ContentStore } from '@penstock/ports';
import { FRAME_HEADER_BYTES, FRAME_TYPE } from '../segments/frame.ts';
import type { GroupWriter } from '../segments/group-writer.ts';
import { DamagedSegmentError } from '../segments/segment-errors.ts';
import type { SegmentReader } from '../segments/segment-reader.ts';
import type { ContentCache } from './content-cache.ts';

/** Content not yet handed to the writer thread beyond this waits for the disk. */
const WAITING_BYTES = 64 * 1024 * 1024;
const REFERENCE = /^([0-9a-z]{1,7})-([0-9a-z]{1,7})-([0-9a-z]{1,7})$/;

/** Blobs as frames of the segments: they lie before whatever is appended to the log afterwards. */
export class SegmentContentStore implements ContentStore {
  constructor(
    private readonly writer: GroupWriter,
    private readonly reader: SegmentReader,
    private readonly cache: ContentCache,
  ) {}

  async put(blobs: readonly Uint8Array[]): Promise<readonly string[]> {
    if (this.writer.failed) throw this.writer.failed;
    const references = blobs.map((blob) => this.place(blob));
    this.writer.whenDurable((error) => {
      if (!error) this.cache.settle(references);
    });
    if (this.writer.waitingBytes > WAITING_BYTES) await this.durable();
    return references;
  }

  async get(reference: string): Promise<Uint8Array> {
    const cached = this.cache.get(reference);
    if (cached) return cached;
    const [segment, position, length] = parse(reference);
    const bytes = await this.read(segment, position, FRAME_HEADER_BYTES + length, reference);
    this.cache.keep(reference, bytes);
    return bytes;
  }

  /** Its place in the segments is the reference. */
  private place(blob: Uint8Array): string {
    const { segment, position, buffer, at } = this.writer.place(FRAME_TYPE.content, blob.length);
    buffer.set(blob, at);
    const reference = `${segment.toString(36)}-${position.toString(36)}-${blob.length.toString(36)}`;
    this.cache.pin(reference, ownBytes(blob));
    return reference;
  }

  private async read(segment: number, position: number, bytes: number, reference: string): Promise<Uint8Array> {
    const missing = () => new ContentMissingError(`there is no content ${reference}`);
    if (!this.writer.isDurable(segment, position + bytes)) throw missing();
    const buffer = await this.reader.bytes(segment, position, bytes).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? missing() : error;
    });
    const isFrame =
      buffer.length === bytes &&
      buffer.readUInt32LE(4) === bytes - FRAME_HEADER_BYTES &&
      buffer[8] === FRAME_TYPE.content;
    if (!isFrame) throw missing();
    try {
      return this.reader.frame(segment, buffer, 0, position).payload;
    } catch (error) {
      if (!(error instanceof DamagedSegmentError)) throw error;
      throw new ContentDamagedError(`content ${reference} is damaged`, { cause: error });
    }
  }

  private durable(): Promise<void> {
    return new Promise((resolve, reject) => this.writer.whenDurable((error) => (error ? reject(error) : resolve())));
  }
}

function parse(reference: string): readonly [segment: number, position: number, length: number] {
  const parts = REFERENCE.exec(reference);
  if (!parts) throw new ContentMissingError('the reference is not one of this store');
  const [, segment, position, length] = parts;
  return [parseInt(segment as string, 36), parseInt(position as string, 36), parseInt(length as string, 36)];
}

/** A small slice of a large buffer would keep all of it in memory. */
function ownBytes(blob: Uint8Array): Uint8Array {
  return blob.buffer.byteLength > 2 * blob.byteLength ? blob.slice() : blob;
}
