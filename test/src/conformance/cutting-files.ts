/** Segment files whose writes end in the middle of a batch: loaded by the embedded engine's writer thread. */
import { createSegmentFiles as createRealFiles, type SegmentFiles } from '@penstock/adapter-embedded';

const FRAME_HEADER_BYTES = 9;
const BATCH_FRAME = 3;

/** `data` holds, shared, how many batches may still be written whole; while negative, nothing is cut. */
export function createSegmentFiles(data: unknown): SegmentFiles {
  const batchesLeft = data as Int32Array;
  const real = createRealFiles();
  return {
    ...real,
    write(file, bytes, position) {
      const left = Atomics.load(batchesLeft, 0);
      const { batches, cut } = look(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), left);
      if (left < 0 || cut === undefined) {
        real.write(file, bytes, position);
        if (left >= 0) Atomics.sub(batchesLeft, 0, batches);
        return;
      }
      real.write(file, bytes.subarray(0, cut), position);
      throw new Error('cut');
    },
  };
}

/** How many batches there are, and where the middle of the one after `whole` of them is. */
function look(frames: Buffer, whole: number): { readonly batches: number; readonly cut: number | undefined } {
  let batches = 0;
  for (let at = 0; at < frames.length; ) {
    const bytes = FRAME_HEADER_BYTES + frames.readUInt32LE(at + 4);
    if (frames[at + 8] === BATCH_FRAME && batches++ === whole) return { batches, cut: at + (bytes >> 1) };
    at += bytes;
  }
  return { batches, cut: undefined };
}
