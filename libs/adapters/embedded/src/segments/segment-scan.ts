import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readBatchPrefix } from '../log/batch-frame.ts';
import { readPositions } from '../log/committed-offsets.ts';
import { FRAME_HEADER_BYTES, FRAME_TYPE, readFrame } from './frame.ts';
import { DamagedSegmentError } from './segment-errors.ts';
import { decodeSegmentHeader, indexFileName, type SegmentHeader, segmentFileName } from './segment-header.ts';
import { decodeIndex, SegmentIndex, type StoredIndex } from './segment-index.ts';

/** What the frames of a segment say, up to the first that is not whole. */
export interface Scan {
  readonly path: string;
  readonly buffer: Buffer;
  /** Undefined where not even the first frame is whole. */
  readonly header: SegmentHeader | undefined;
  readonly index: SegmentIndex;
  /** The groups' positions as the last frame that names them has them. */
  readonly committed: Map<string, number>;
  /** Position after the last whole frame. */
  readonly end: number;
}

/** @param salt of the folder, where an earlier segment told it */
export function scanSegment(folder: string, segment: number, salt: number | undefined): Scan {
  const path = join(folder, segmentFileName(segment));
  const buffer = readFileSync(path);
  const index = new SegmentIndex();
  const first = readFrame(buffer, 0, 0, 0);
  if (first?.type !== FRAME_TYPE.segment)
    return { path, buffer, header: undefined, index, committed: new Map(), end: 0 };
  const header = decodeSegmentHeader(first.payload, path);
  if (header.segment !== segment || (salt !== undefined && header.salt !== salt)) {
    throw new Error(`${path} belongs elsewhere: it calls itself segment ${header.segment}. Put the right file back`);
  }
  const committed = new Map(Object.entries(header.committed));
  let end = first.bytes;
  for (;;) {
    const frame = readFrame(buffer, end, 0, header.salt);
    if (!frame) return { path, buffer, header, index, committed, end };
    if (frame.type === FRAME_TYPE.batch) {
      const { key, offset, count } = readBatchPrefix(frame.payload);
      index.partition(key).add(offset, count, end, frame.bytes);
    }
    if (frame.type === FRAME_TYPE.positions) {
      for (const [name, position] of readPositions(frame.payload)) committed.set(name, position);
    }
    end += frame.bytes;
  }
}

/**
 * The index beside a full segment, undefined where the segment has to be scanned. It was written without a sync, so it
 * may be none, or be of an earlier life of the segment, in which it had another length.
 */
export function storedIndex(folder: string, segment: number): StoredIndex | undefined {
  try {
    const stored = decodeIndex(readFileSync(join(folder, indexFileName(segment))));
    return stored?.segmentBytes === statSync(join(folder, segmentFileName(segment))).size ? stored : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A segment that was durable to its end before the next one began. @throws DamagedSegmentError if it is not whole */
export function scanFull(folder: string, segment: number, salt: number | undefined): Scan & { header: SegmentHeader } {
  const scan = scanSegment(folder, segment, salt);
  const { header } = scan;
  if (!header || scan.end < scan.buffer.length) {
    throw new DamagedSegmentError(scan.path, scan.end, 'the checksum does not match, and a later segment follows');
  }
  return { ...scan, header };
}

/**
 * Whether bytes beyond `end`, where the scan stopped, tell that what lies there had been durable: a mark whose
 * frame is valid and whose position lies beyond. Without one this is a tail that no sync covered.
 */
export function durableBeyond(scan: Scan, salt: number): boolean {
  const { buffer, end } = scan;
  const last = buffer.length - FRAME_HEADER_BYTES - 4;
  for (let at = end; at <= last; at++) {
    if (buffer[at + 8] !== FRAME_TYPE.mark || buffer.readUInt32LE(at + 4) !== 4) continue;
    const mark = readFrame(buffer, at, 0, salt);
    if (mark && mark.payload.readUInt32LE(0) > end) return true;
  }
  return false;
}
