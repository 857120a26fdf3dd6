import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RelaxedBody } from './relaxed-body.ts';

function relaxed(pieces: readonly string[], room?: number): string {
  let text = '';
  const body = new RelaxedBody((bytes) => {
    text += Buffer.from(bytes).toString('latin1');
  }, room);
  for (const piece of pieces) body.update(Buffer.from(piece, 'latin1'));
  body.finish();
  return text;
}

/** RFC 6376 section 3.4.4, word by word. */
function byTheBook(body: string): string {
  const lines = body.split('\r\n').map((line) => line.replace(/[ \t]+$/, '').replace(/[ \t]+/g, ' '));
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  return lines.length === 0 ? '' : `${lines.join('\r\n')}\r\n`;
}

describe('the relaxed form of a body', () => {
  it('is that of the example of RFC 6376 section 3.4.5', () => {
    assert.equal(relaxed([' C \r\nD \t E\r\n\r\n\r\n']), ' C\r\nD E\r\n');
  });

  it('of an empty body is empty', () => {
    for (const body of ['', '\r\n', '\r\n\r\n', ' \t\r\n  \r\n']) assert.equal(relaxed([body]), '');
  });

  it('ends in a line end although the body does not', () => {
    assert.equal(relaxed(['a']), 'a\r\n');
    assert.equal(relaxed(['a \r\n b ']), 'a\r\n b\r\n');
  });

  it('keeps every other byte, line ends that are none included', () => {
    assert.equal(relaxed(['\u0000\n\rä\u00ff\u007f\r\n']), '\u0000\n\rä\u00ff\u007f\r\n');
    assert.equal(relaxed(['a\r']), 'a\r\r\n');
  });

  it('is what the RFC says, wherever the body is cut and however often it is handed over', () => {
    const unit = fc.constantFrom('a', '.', ' ', '\t', '\r', '\n', '\r\n', 'word', '\u00e4');
    const pieces = fc.array(fc.string({ unit, maxLength: 12 }), { maxLength: 6 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 4, max: 20 }), (texts, room) => {
        assert.equal(relaxed(texts, room), byTheBook(texts.join('')));
      }),
      { numRuns: 3000 },
    );
  });
});
