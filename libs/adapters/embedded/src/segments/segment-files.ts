import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  openSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

/** All that the writer thread does to the disk. Another implementation can stand under it, such as a power cut. */
export interface SegmentFiles {
  /** Opens for writing at any position; makes the file if it is not there. */
  open(path: string): number;
  /** Writes all of the bytes, or throws. */
  write(file: number, bytes: Uint8Array, position: number): void;
  /** Returns when all that was written to the file is durable. */
  sync(file: number): void;
  close(file: number): void;
  /** Returns when the names in the folder are durable. */
  syncFolder(path: string): void;
  /** Puts a whole file in place, not necessarily durably. */
  replace(path: string, bytes: Uint8Array): void;
}

/** A module whose `createSegmentFiles` makes the files in the writer thread. `data` must be cloneable. */
export interface SegmentFilesModule {
  readonly url: string;
  readonly data?: unknown;
}

/** What such a module exports. */
export type CreateSegmentFiles = (data: unknown) => SegmentFiles;

export const createSegmentFiles = (): SegmentFiles => ({
  open(path) {
    // O_CREAT without O_TRUNC: 'r+' does not create and 'w+' would empty the file.
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  },
  write(file, bytes, position) {
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(file, bytes, written, bytes.length - written, position + written);
    }
  },
  sync: fdatasyncSync,
  close: closeSync,
  syncFolder(path) {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  },
  replace(path, bytes) {
    writeFileSync(`${path}.new`, bytes, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  },
});
