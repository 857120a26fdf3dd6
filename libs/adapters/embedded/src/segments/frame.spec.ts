import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FRAME_HEADER_BYTES, FRAME_TYPE, readFrame, sealFrames, writeFrameHeader } from './frame.ts';

const SALT = 0x1234_5678;

function frame(payload: Uint8Array, position: number, salt = SALT): Buffer {
  const buffer = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  writeFrameHeader(buffer, 0, FRAME_TYPE.content, payload.length);
  buffer.set(payload, FRAME_HEADER_BYTES);
  sealFrames(buffer, position, salt);
  return buffer;
}

describe('frame', () => {
  it('gives back the payload it was made of, wherever it stands', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), fc.nat(), (payload, position, salt) => {
        const found = readFrame(frame(payload, position, salt), 0, position, salt);
        assert.deepEqual(found && Uint8Array.from(found.payload), payload);
        assert.equal(found?.type, FRAME_TYPE.content);
      }),
    );
  });

  it('is none when a single bit differs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(), (payload, at) => {
        const buffer = frame(payload, 77);
        const bit = at % (buffer.length * 8);
        buffer[bit >> 3] = (buffer[bit >> 3] as number) ^ (1 << (bit & 7));
        assert.equal(readFrame(buffer, 0, 77, SALT), undefined);
      }),
    );
  });

  it('is none at another position, in another segment, or cut short', () => {
    const buffer = frame(Buffer.from('a mail may hold anything'), 100);
    assert.ok(readFrame(buffer, 0, 100, SALT));
    assert.equal(readFrame(buffer, 0, 101, SALT), undefined);
    assert.equal(readFrame(buffer, 0, 100, SALT + 1), undefined);
    for (let bytes = 0; bytes < buffer.length; bytes++) {
      assert.equal(readFrame(buffer.subarray(0, bytes), 0, 100, SALT), undefined);
    }
    assert.equal(readFrame(Buffer.alloc(100), 0, 0, 0), undefined);
  });
});
