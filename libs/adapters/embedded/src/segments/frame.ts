import { crc32 } from 'node:zlib';

/**
 * A frame: u32 CRC, u32 payload length, u8 type, payload; little endian. The CRC covers all that follows it, and
 * starts from the segment's salt and the frame's position, so that bytes that merely look like a frame (a mail
 * may contain anything) or that stand in the wrong place are none.
 */
export const FRAME_HEADER_BYTES = 9;

export const FRAME_TYPE = {
  /** First in every segment; JSON, see segment-header.ts. */
  segment: 1,
  /** One blob of content. */
  content: 2,
  /** One batch of one partition, see log/batch-frame.ts. */
  batch: 3,
  /** u32: everything of this segment before this position was durable when the frame was written. */
  mark: 4,
  /** Positions that groups committed, see log/committed-offsets.ts. */
  positions: 5,
} as const;

export interface Frame {
  readonly type: number;
  readonly payload: Buffer;
  /** Bytes of the whole frame. */
  readonly bytes: number;
}

/** Writes all but the CRC, which the writer thread adds. */
export function writeFrameHeader(buffer: Buffer, at: number, type: number, payloadBytes: number): void {
  buffer.writeUInt32LE(payloadBytes, at + 4);
  buffer[at + 8] = type;
}

/** Adds the CRC of each frame in `buffer`, which holds whole frames and begins at `position` of its segment. */
export function sealFrames(buffer: Buffer, position: number, salt: number): void {
  let at = 0;
  while (at < buffer.length) {
    const end = at + FRAME_HEADER_BYTES + buffer.readUInt32LE(at + 4);
    buffer.writeUInt32LE(crc32(buffer.subarray(at + 4, end), seed(salt, position + at)), at);
    at = end;
  }
}

/** The frame at `at` of a buffer that begins at `position` of its segment; undefined if there is no valid one. */
export function readFrame(buffer: Buffer, at: number, position: number, salt: number): Frame | undefined {
  if (at + FRAME_HEADER_BYTES > buffer.length) return undefined;
  const end = at + FRAME_HEADER_BYTES + buffer.readUInt32LE(at + 4);
  const type = buffer[at + 8] as number;
  if (end > buffer.length || type < FRAME_TYPE.segment || type > FRAME_TYPE.positions) return undefined;
  if (crc32(buffer.subarray(at + 4, end), seed(salt, position + at)) !== buffer.readUInt32LE(at)) return undefined;
  return { type, payload: buffer.subarray(at + FRAME_HEADER_BYTES, end), bytes: end - at };
}

/** The first frame of a segment holds the salt, so it is checked without. */
function seed(salt: number, position: number): number {
  return position === 0 ? 0 : (salt ^ position) >>> 0;
}
