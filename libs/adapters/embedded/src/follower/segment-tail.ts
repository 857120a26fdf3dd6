import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { FRAME_HEADER_BYTES, FRAME_TYPE, readFrame } from '../segments/frame.ts';
import { DamagedSegmentError } from '../segments/segment-errors.ts';
import { segmentFileName } from '../segments/segment-header.ts';
import type { SegmentPlace } from './durable-end.ts';

/** Read at once; content, which nobody here wants, is three quarters of it. */
const READ_BYTES = 1024 * 1024;

/** Reads the segments on, frame by frame, as they become durable. On a thread that may wait for the disk. */
export class SegmentTail {
  private file: number | undefined;
  private buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(
    private readonly folder: string,
    private readonly salt: number,
    private segment: number,
    private position: number,
  ) {}

  /** Hands over the batches of the next piece before `durable`; false where there is none. */
  step(durable: SegmentPlace, take: (payload: Buffer) => void): boolean {
    if (!this.isBehind(durable)) return false;
    const file = this.open();
    const last = this.segment === durable.segment;
    const end = last ? durable.position : fstatSync(file).size;
    const length = Math.min(READ_BYTES, end - this.position);
    if (length < FRAME_HEADER_BYTES) return this.ended(last);
    const piece = this.read(file, length);
    const used = this.frames(piece, take);
    this.position += used;
    // Behind the last frame of a full segment there may be room that was never used.
    return used > 0 || this.longFrame(file, piece, end, take) || this.ended(last);
  }

  isBehind(durable: SegmentPlace): boolean {
    return this.segment < durable.segment || this.position < durable.position;
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private ended(last: boolean): boolean {
    if (last) throw this.damaged('a frame reaches beyond what is durable');
    this.close();
    this.segment++;
    this.position = 0;
    return true;
  }

  /** Whole frames in the piece; answers their bytes. */
  private frames(piece: Buffer, take: (payload: Buffer) => void): number {
    let at = 0;
    while (at + FRAME_HEADER_BYTES <= piece.length) {
      const type = piece[at + 8];
      const bytes = FRAME_HEADER_BYTES + piece.readUInt32LE(at + 4);
      if (type === 0) break;
      // The rest of what is not read is stepped over, wherever it ends.
      if (type !== FRAME_TYPE.batch) at += bytes;
      else if (at + bytes > piece.length) break;
      else at += this.batch(piece, at, take);
    }
    return at;
  }

  private batch(piece: Buffer, at: number, take: (payload: Buffer) => void): number {
    const frame = readFrame(piece, at, this.position, this.salt);
    if (!frame) throw this.damaged('the checksum does not match', at);
    take(frame.payload);
    return frame.bytes;
  }

  /** A batch longer than a piece is read alone. */
  private longFrame(file: number, piece: Buffer, end: number, take: (payload: Buffer) => void): boolean {
    if (piece[8] !== FRAME_TYPE.batch) return false;
    const bytes = FRAME_HEADER_BYTES + piece.readUInt32LE(4);
    if (this.position + bytes > end) return false;
    this.position += this.batch(this.read(file, bytes), 0, take);
    return true;
  }

  private read(file: number, length: number): Buffer {
    const buffer = length <= this.buffer.length ? this.buffer : Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const count = readSync(file, buffer, filled, length - filled, this.position + filled);
      if (count === 0) throw this.damaged('it ends before what is durable');
      filled += count;
    }
    return buffer.subarray(0, length);
  }

  private open(): number {
    this.file ??= openSync(this.path, 'r');
    return this.file;
  }

  private get path(): string {
    return join(this.folder, segmentFileName(this.segment));
  }

  private damaged(why: string, at = 0): DamagedSegmentError {
    return new DamagedSegmentError(this.path, this.position + at, why);
  }
}
