import { type Extent, encodeIndex, SegmentIndex } from './segment-index.ts';
import { scanFull, storedIndex } from './segment-scan.ts';

const LOADED_INDEXES = 16;

/** The part of a partition that one segment holds. */
interface Part {
  readonly segment: number;
  readonly firstOffset: number;
  endOffset: number;
}

export interface LocatedExtent extends Extent {
  readonly segment: number;
}

/**
 * Which segment holds which offsets of which partition, in memory for all segments; where exactly in the segment,
 * in memory for the last ones used.
 */
export class SegmentCatalogue {
  private readonly parts = new Map<number, Part[]>();
  private readonly loaded = new Map<number, SegmentIndex>();
  private active = new SegmentIndex();
  private activeSegment = 0;
  /** The oldest that is there. */
  firstSegment = 0;
  /** Changes when places that were answered may hold no more. */
  generation = 0;

  constructor(
    private readonly folder: string,
    private readonly salt: number,
  ) {}

  /** Takes over a segment found at start, oldest first; the last one goes on to be written. */
  adopt(segment: number, index: SegmentIndex): void {
    for (const [key, partition] of index.partitions) {
      const part = { segment, firstOffset: partition.firstOffset, endOffset: partition.endOffset };
      this.partsOf(key).push(part);
    }
    if (this.firstSegment === 0) this.firstSegment = segment;
    if (this.activeSegment > 0) this.remember(this.activeSegment, this.active);
    this.activeSegment = segment;
    this.active = index;
  }

  /** A batch has its place in the segment being written. */
  add(key: number, offset: number, count: number, place: { segment: number; position: number; bytes: number }): void {
    const partition = this.active.partition(key);
    partition.add(offset, count, place.position, place.bytes);
    const parts = this.partsOf(key);
    const last = parts.at(-1);
    if (last?.segment === place.segment) last.endOffset = offset + count;
    else parts.push({ segment: place.segment, firstOffset: offset, endOffset: offset + count });
  }

  /** The segment being written is full: answers its index as bytes. */
  seal(segment: number, segmentBytes: number): ArrayBuffer {
    const bytes = encodeIndex({ index: this.active, salt: this.salt, segmentBytes });
    this.remember(segment, this.active);
    this.active = new SegmentIndex();
    this.activeSegment = segment + 1;
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  }

  /** The segment that is being written. */
  get writtenSegment(): number {
    return this.activeSegment;
  }

  /** First offset still held, undefined where no segment holds any. */
  begin(key: number): number | undefined {
    return this.parts.get(key)?.[0]?.firstOffset;
  }

  end(key: number): number | undefined {
    return this.parts.get(key)?.at(-1)?.endOffset;
  }

  /** Where the record at `offset`, which must be held, and those after it lie. */
  async locate(key: number, offset: number): Promise<LocatedExtent | undefined> {
    const part = this.partOf(key, offset);
    if (!part) return undefined;
    const index = (await this.index(part.segment)).partition(key);
    const extent = index.extent(index.find(offset));
    return extent ? { ...extent, segment: part.segment } : undefined;
  }

  /** All up to `last` hold nothing any more but what `kept` says, which lies in `last`. */
  retire(last: number, kept: SegmentIndex): void {
    this.generation++;
    this.firstSegment = last;
    for (const [key, parts] of this.parts) {
      const left = parts.filter(({ segment }) => segment > last);
      const found = kept.partitions.get(key);
      if (found) left.unshift({ segment: last, firstOffset: found.firstOffset, endOffset: found.endOffset });
      this.parts.set(key, left);
    }
    for (const segment of this.loaded.keys()) if (segment <= last) this.loaded.delete(segment);
    this.remember(last, kept);
  }

  private partOf(key: number, offset: number): Part | undefined {
    const parts = this.partsOf(key);
    let low = 0;
    let high = parts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((parts[middle] as Part).endOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return parts[low];
  }

  async index(segment: number): Promise<SegmentIndex> {
    if (segment === this.activeSegment) return this.active;
    const known = this.loaded.get(segment);
    if (known) {
      this.loaded.delete(segment);
      this.remember(segment, known);
      return known;
    }
    const { index } = storedIndex(this.folder, segment) ?? scanFull(this.folder, segment, this.salt);
    this.remember(segment, index);
    return index;
  }

  private remember(segment: number, index: SegmentIndex): void {
    this.loaded.set(segment, index);
    for (const oldest of this.loaded.keys()) {
      if (this.loaded.size <= LOADED_INDEXES) return;
      this.loaded.delete(oldest);
    }
  }

  private partsOf(key: number): Part[] {
    let parts = this.parts.get(key);
    if (!parts) {
      parts = [];
      this.parts.set(key, parts);
    }
    return parts;
  }
}
