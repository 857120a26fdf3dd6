import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeIndex, encodeIndex, SegmentIndex } from './segment-index.ts';

interface Added {
  readonly key: number;
  readonly offset: number;
  readonly count: number;
  readonly position: number;
  readonly bytes: number;
}

/** Frames of three partitions one after the other, as a segment holds them. */
const segments = fc
  .array(
    fc.record({ key: fc.nat(2), count: fc.integer({ min: 1, max: 20 }), bytes: fc.integer({ min: 30, max: 90_000 }) }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((frames) => {
    const next = [7, 0, 1000];
    let position = 50;
    return frames.map(({ key, count, bytes }): Added => {
      const added = { key, offset: next[key] as number, count, position, bytes };
      next[key] = added.offset + count;
      position += bytes;
      return added;
    });
  });

function indexed(frames: readonly Added[]): SegmentIndex {
  const index = new SegmentIndex();
  for (const { key, offset, count, position, bytes } of frames) {
    index.partition(key).add(offset, count, position, bytes);
  }
  return index;
}

describe('segment index', () => {
  it('finds an extent around the frame of every record', () => {
    fc.assert(
      fc.property(segments, (frames) => {
        const index = indexed(frames);
        for (const { key, offset, count, position, bytes } of frames) {
          const partition = index.partition(key);
          for (const wanted of [offset, offset + count - 1]) {
            const extent = partition.extent(partition.find(wanted));
            assert.ok(extent && extent.position <= position && extent.end >= position + bytes);
            assert.ok(extent.offset <= wanted);
          }
        }
      }),
    );
  });

  it('keeps extents small, so that a read never drags much along', () => {
    fc.assert(
      fc.property(segments, (frames) => {
        for (const partition of indexed(frames).partitions.values()) {
          for (const [i, position] of partition.positions.entries()) {
            const single = frames.find((frame) => frame.position === position);
            assert.ok((partition.ends[i] as number) - position <= Math.max(64 * 1024, single?.bytes ?? 0));
          }
        }
      }),
    );
  });

  it('is the same after it was stored', () => {
    fc.assert(
      fc.property(segments, (frames) => {
        const index = indexed(frames);
        assert.deepEqual(decodeIndex(encodeIndex({ index, salt: 5, segmentBytes: 99 })), {
          index,
          salt: 5,
          segmentBytes: 99,
        });
      }),
    );
  });

  it('is nothing when it was stored badly', () => {
    const stored = encodeIndex({
      index: indexed([{ key: 1, offset: 0, count: 1, position: 50, bytes: 90 }]),
      salt: 5,
      segmentBytes: 140,
    });
    for (let bytes = 0; bytes < stored.length; bytes++) assert.equal(decodeIndex(stored.subarray(0, bytes)), undefined);
    for (let at = 0; at < stored.length; at++) {
      const damaged = Buffer.from(stored);
      damaged[at] = (damaged[at] as number) ^ 0x10;
      assert.equal(decodeIndex(damaged), undefined);
    }
  });
});
