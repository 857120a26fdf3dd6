/**
 * A segment is frames and nothing else; a frame is u32 CRC, u32 length, the blob; little endian. The CRC covers the
 * length and the blob and starts from the segment's name and the frame's offset, so that neither another segment nor
 * another place passes for the one that was asked for.
 */
import { crc32 } from 'node:zlib';
import { formatReference, type SegmentName, segmentKey } from './segment-name.ts';

export const FRAME_HEADER_BYTES = 8;

export interface PackedSegment {
  readonly bytes: Buffer;
  /** In the order of the blobs. */
  readonly references: readonly string[];
}

export function segmentSalt(key: string): number {
  return crc32(key);
}

export function packSegment(name: SegmentName, blobs: readonly Uint8Array[]): PackedSegment {
  const key = segmentKey(name);
  const salt = segmentSalt(key);
  const bytes = Buffer.allocUnsafe(blobs.reduce((sum, { length }) => sum + FRAME_HEADER_BYTES + length, 0));
  let at = 0;
  const references = blobs.map((blob) => {
    const offset = at;
    bytes.writeUInt32LE(blob.length, at + 4);
    bytes.set(blob, at + FRAME_HEADER_BYTES);
    at += FRAME_HEADER_BYTES + blob.length;
    bytes.writeUInt32LE(crc32(bytes.subarray(offset + 4, at), seed(salt, offset)), offset);
    return formatReference(key, offset, blob.length);
  });
  return { bytes, references };
}

/** The blob of the frame at `at` of bytes that begin at `start` of their segment; undefined if there is no whole one. */
export function readBlob(bytes: Buffer, at: number, start: number, salt: number): Buffer | undefined {
  if (at + FRAME_HEADER_BYTES > bytes.length) return undefined;
  const end = at + FRAME_HEADER_BYTES + bytes.readUInt32LE(at + 4);
  if (end > bytes.length) return undefined;
  if (crc32(bytes.subarray(at + 4, end), seed(salt, start + at)) !== bytes.readUInt32LE(at)) return undefined;
  return bytes.subarray(at + FRAME_HEADER_BYTES, end);
}

function seed(salt: number, offset: number): number {
  return (salt ^ offset) >>> 0;
}
