/** Segment files for the durability spec: syncs wait until they may go on, or fail. Runs in the writer thread. */
import { createSegmentFiles as createRealFiles, type SegmentFiles } from './segments/segment-files.ts';

export const SYNC = { free: 0, held: 1, failing: 2, full: 3 } as const;

/** `data` is one shared number, of SYNC. */
export function createSegmentFiles(data: unknown): SegmentFiles {
  const state = data as Int32Array;
  const real = createRealFiles();
  return {
    ...real,
    write(file, bytes, position) {
      if (Atomics.load(state, 0) !== SYNC.full) return real.write(file, bytes, position);
      // A full disk takes what still fits.
      real.write(file, bytes.subarray(0, bytes.length >> 1), position);
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    },
    sync(file) {
      Atomics.wait(state, 0, SYNC.held);
      if (Atomics.load(state, 0) === SYNC.failing) throw new Error('no space left on device');
      real.sync(file);
    },
  };
}
