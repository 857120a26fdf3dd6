import { crc32 } from 'node:zlib';

/** A partition's frames that lie within this many bytes share one entry. */
const EXTENT_BYTES = 64 * 1024;
const MAGIC = 0x31495350;
const HEADER_BYTES = 20;
const PARTITION_BYTES = 16;
const ENTRY_BYTES = 16;

/** Part of a segment that holds the frames of a partition from `offset` on, frames of others among them. */
export interface Extent {
  readonly offset: number;
  readonly position: number;
  /** Position after the last of them. */
  readonly end: number;
}

/** Where in one segment the batches of one partition lie. */
export class PartitionIndex {
  readonly offsets: number[] = [];
  readonly positions: number[] = [];
  readonly ends: number[] = [];
  /** The offset after the last record in this segment. */
  endOffset = 0;

  get firstOffset(): number {
    return this.offsets[0] ?? 0;
  }

  add(offset: number, count: number, position: number, bytes: number): void {
    const last = this.positions.length - 1;
    const end = position + bytes;
    if (last >= 0 && end - (this.positions[last] as number) <= EXTENT_BYTES) {
      this.ends[last] = end;
    } else {
      this.offsets.push(offset);
      this.positions.push(position);
      this.ends.push(end);
    }
    this.endOffset = offset + count;
  }

  /** Ordinal of the extent that holds the record at `offset`, which must lie in this segment. */
  find(offset: number): number {
    let low = 0;
    let high = this.offsets.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.offsets[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  extent(ordinal: number): Extent | undefined {
    const offset = this.offsets[ordinal];
    if (offset === undefined) return undefined;
    return { offset, position: this.positions[ordinal] as number, end: this.ends[ordinal] as number };
  }
}

/** Where in one segment the batches lie, by partition key. */
export class SegmentIndex {
  readonly partitions = new Map<number, PartitionIndex>();

  partition(key: number): PartitionIndex {
    let partition = this.partitions.get(key);
    if (!partition) {
      partition = new PartitionIndex();
      this.partitions.set(key, partition);
    }
    return partition;
  }
}

export interface StoredIndex {
  readonly index: SegmentIndex;
  readonly salt: number;
  readonly segmentBytes: number;
}

/** The file beside a full segment; a cache of what a scan of the segment would find. */
export function encodeIndex({ index, salt, segmentBytes }: StoredIndex): Buffer<ArrayBuffer> {
  const partitions = [...index.partitions];
  const entries = partitions.reduce((sum, [, partition]) => sum + partition.offsets.length, 0);
  const buffer = Buffer.alloc(HEADER_BYTES + partitions.length * PARTITION_BYTES + entries * ENTRY_BYTES);
  buffer.writeUInt32LE(MAGIC, 0);
  buffer.writeUInt32LE(partitions.length, 8);
  buffer.writeUInt32LE(salt, 12);
  buffer.writeUInt32LE(segmentBytes, 16);
  let at = HEADER_BYTES;
  for (const [key, partition] of partitions) {
    buffer.writeUInt32LE(key, at);
    buffer.writeUInt32LE(partition.offsets.length, at + 4);
    buffer.writeDoubleLE(partition.endOffset, at + 8);
    at += PARTITION_BYTES;
    for (let i = 0; i < partition.offsets.length; i++, at += ENTRY_BYTES) {
      buffer.writeDoubleLE(partition.offsets[i] as number, at);
      buffer.writeUInt32LE(partition.positions[i] as number, at + 8);
      buffer.writeUInt32LE(partition.ends[i] as number, at + 12);
    }
  }
  buffer.writeUInt32LE(crc32(buffer.subarray(8)), 4);
  return buffer;
}

/** Undefined where the bytes are not a whole index: the segment is scanned again then. */
export function decodeIndex(buffer: Buffer): StoredIndex | undefined {
  if (buffer.length < HEADER_BYTES || buffer.readUInt32LE(0) !== MAGIC) return undefined;
  if (buffer.readUInt32LE(4) !== crc32(buffer.subarray(8))) return undefined;
  const index = new SegmentIndex();
  const count = buffer.readUInt32LE(8);
  let at = HEADER_BYTES;
  for (let n = 0; n < count; n++) {
    const partition = index.partition(buffer.readUInt32LE(at));
    const entries = buffer.readUInt32LE(at + 4);
    partition.endOffset = buffer.readDoubleLE(at + 8);
    at += PARTITION_BYTES;
    for (let i = 0; i < entries; i++, at += ENTRY_BYTES) {
      partition.offsets.push(buffer.readDoubleLE(at));
      partition.positions.push(buffer.readUInt32LE(at + 8));
      partition.ends.push(buffer.readUInt32LE(at + 12));
    }
  }
  return { index, salt: buffer.readUInt32LE(12), segmentBytes: buffer.readUInt32LE(16) };
}
