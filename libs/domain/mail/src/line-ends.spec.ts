import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repairLineEnds } from './line-ends.ts';

function repaired(...pieces: readonly string[]): string {
  return Buffer.concat(repairLineEnds(pieces.map((piece) => Buffer.from(piece, 'latin1')))).toString('latin1');
}

const texts = fc.array(fc.string({ unit: fc.constantFrom('\r', '\n', '\r\n', '.', 'a'), maxLength: 8 }), {
  maxLength: 5,
});

describe('line ends', () => {
  it('that are right stay as they are, and nothing is copied', () => {
    const pieces = [Buffer.from('Subject: hi\r\n\r\nHello\r'), Buffer.from('\n.\r\n')];
    const kept = repairLineEnds(pieces);
    assert.equal(kept.length, 2);
    assert.ok(kept.every((piece, at) => piece === pieces[at]));
  });

  it('become CRLF, each bare CR and LF of them', () => {
    assert.equal(repaired('a\nb\rc\r\nd\n\r'), 'a\r\nb\r\nc\r\nd\r\n\r\n');
    assert.equal(repaired('a\r', 'b\n'), 'a\r\nb\r\n');
    assert.equal(repaired('\n', '\r'), '\r\n\r\n');
  });

  it('are there at the end', () => {
    assert.equal(repaired('a'), 'a\r\n');
    assert.equal(repaired('a\r'), 'a\r\n');
    assert.equal(repaired(), '');
  });

  it('become what they would in one piece, wherever it is cut', () => {
    fc.assert(
      fc.property(texts, (pieces) => {
        const lines = pieces
          .join('')
          .replace(/\r\n|\r|\n/g, '\n')
          .split('\n');
        const last = lines.pop();
        const whole = lines.map((line) => `${line}\r\n`).join('') + (last ? `${last}\r\n` : '');
        assert.equal(repaired(...pieces), whole);
      }),
      { numRuns: 3000 },
    );
  });

  it('that were repaired need no repair', () => {
    fc.assert(
      fc.property(texts, (pieces) => {
        const once = repairLineEnds(pieces.map((piece) => Buffer.from(piece, 'latin1')));
        const twice = repairLineEnds(once);
        assert.ok(once.length === twice.length && once.every((piece, at) => piece === twice[at]));
      }),
    );
  });
});
