import { close, open, read } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Frame, readFrame } from './frame.ts';
import { DamagedSegmentError } from './segment-errors.ts';
import { segmentFileName } from './segment-header.ts';

const OPEN_FILES = 64;
const CLOSE_AFTER_MS = 5_000;

const openFile = promisify(open);
const closeFile = promisify(close);

interface OpenFile {
  readonly file: Promise<number>;
  users: number;
}

/** Reads of segments at any position, through a bounded set of open files. */
export class SegmentReader {
  private readonly files = new Map<number, OpenFile>();

  constructor(
    private readonly folder: string,
    private readonly salt: number,
  ) {}

  /** These segments are deleted, the last of them replaced. */
  retire(upTo: number): void {
    for (const [segment, { file }] of this.files) {
      if (segment > upTo) continue;
      this.files.delete(segment);
      // Reads that have begun are of the old file, and end within a moment.
      file.then((handle) => setTimeout(() => closeFile(handle), CLOSE_AFTER_MS)).catch(() => {});
    }
  }

  path(segment: number): string {
    return join(this.folder, segmentFileName(segment));
  }

  /** The bytes, fewer only at the end of the file. Rejects with ENOENT where there is no such segment. */
  async bytes(segment: number, position: number, length: number): Promise<Buffer> {
    const open = this.use(segment);
    try {
      const file = await open.file;
      const buffer = Buffer.allocUnsafeSlow(length);
      return buffer.subarray(0, await readFully(file, buffer, position));
    } catch (error) {
      if (this.files.get(segment) === open) this.files.delete(segment);
      throw error;
    } finally {
      open.users--;
    }
  }

  /** The frame at `at` of bytes read from `position` on. */
  frame(segment: number, buffer: Buffer, at: number, position: number): Frame {
    const frame = readFrame(buffer, at, position, this.salt);
    if (!frame) throw new DamagedSegmentError(this.path(segment), position + at, 'the checksum does not match');
    return frame;
  }

  async close(): Promise<void> {
    const files = [...this.files.values()];
    this.files.clear();
    await Promise.all(files.map(({ file }) => file.then((handle) => closeFile(handle))));
  }

  private use(segment: number): OpenFile {
    let open = this.files.get(segment);
    if (open) {
      this.files.delete(segment);
    } else {
      if (this.files.size >= OPEN_FILES) this.closeOldest();
      open = { file: openFile(this.path(segment), 'r'), users: 0 };
    }
    this.files.set(segment, open);
    open.users++;
    return open;
  }

  private closeOldest(): void {
    for (const [segment, { file, users }] of this.files) {
      if (users > 0) continue;
      this.files.delete(segment);
      file.then((handle) => closeFile(handle)).catch(() => {});
      return;
    }
  }
}

/** With callbacks: a read through promises of file handles costs twice as much. */
function readFully(file: number, buffer: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let filled = 0;
    const next = () => {
      read(file, buffer, filled, buffer.length - filled, position + filled, (error, count) => {
        if (error) reject(error);
        else if (count === 0) resolve(filled);
        else {
          filled += count;
          if (filled === buffer.length) resolve(filled);
          else next();
        }
      });
    };
    next();
  });
}
