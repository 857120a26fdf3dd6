import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { repairLineEnds } from '@penstock/mail';
import fc from 'fast-check';
import { contentSize, encodeChunk, encodeData } from './data-encoding.ts';

function encoded(...pieces: string[]): string {
  return Buffer.concat(encodeData(pieces.map((piece) => Buffer.from(piece, 'latin1')))).toString('latin1');
}

describe('content after DATA', () => {
  it('is handed on untouched where nothing has to change', () => {
    const head = Buffer.from('Subject: hi\r\n');
    const body = Buffer.from('\r\nHello. World\r\n');
    const pieces = encodeData([head, body]);
    assert.equal(pieces[0], head);
    assert.equal(pieces[1], body);
    assert.equal(Buffer.concat(pieces).toString(), 'Subject: hi\r\n\r\nHello. World\r\n.\r\n');
  });

  it('doubles dots at line starts, across pieces too', () => {
    assert.equal(encoded('.a\r\n', '.b\r\nc.d\r\n.\r\n'), '..a\r\n..b\r\nc.d\r\n..\r\n.\r\n');
    assert.equal(encoded('a', '.b'), 'a.b\r\n.\r\n');
    assert.equal(encoded('a\r', '\n.b\r\n'), 'a\r\n..b\r\n.\r\n');
  });

  it('turns every bare CR and LF into CRLF, so that no receiver finds a final dot inside', () => {
    assert.equal(encoded('a\n.\nb'), 'a\r\n..\r\nb\r\n.\r\n');
    assert.equal(encoded('a\r.\rb\r'), 'a\r\n..\r\nb\r\n.\r\n');
    assert.equal(encoded('a\r', 'b\n\r\n'), 'a\r\nb\r\n\r\n.\r\n');
    assert.equal(encoded('a\r', '.\r\n'), 'a\r\n..\r\n.\r\n');
  });

  it('ends the last line', () => {
    assert.equal(encoded(), '.\r\n');
    assert.equal(encoded('', ''), '.\r\n');
    assert.equal(encoded('a'), 'a\r\n.\r\n');
  });

  it('decodes at a receiver to what was sent with its line ends repaired, wherever it is cut', () => {
    const bytes = fc.string({ unit: fc.constantFrom('\r', '\n', '.', 'a'), maxLength: 24 });
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(24), { maxLength: 3 }), (text, cuts) => {
        const at = [0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length].sort((a, b) => a - b);
        const wire = encoded(...at.slice(1).map((end, index) => text.slice(at[index], end)));
        assert.doesNotMatch(wire, /[^\r]\n|\r[^\n]|^\n/);
        assert.ok(wire === '.\r\n' || wire.endsWith('\r\n.\r\n'));
        const lines = wire.slice(0, -3).split('\r\n').slice(0, -1);
        const received = lines.map((line) => {
          assert.notEqual(line, '.');
          return line.startsWith('.') ? line.slice(1) : line;
        });
        const repaired = text.replace(/\r\n|\r|\n/g, '\n').split('\n');
        if (repaired.at(-1) === '') repaired.pop();
        assert.deepEqual(received, repaired);
      }),
      { numRuns: 2000 },
    );
  });

  it('is read by a receiver as it was signed: as the repair of its line ends leaves it', () => {
    const pieces = fc.array(fc.string({ unit: fc.constantFrom('\r', '\n', '\r\n', '.', 'a'), maxLength: 8 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(pieces, (texts) => {
        const repaired = repairLineEnds(texts.map((text) => Buffer.from(text, 'latin1')));
        const read = (wire: string) => wire.slice(0, -3).replace(/(^|\r\n)\./g, '$1');
        assert.equal(read(encoded(...texts)), Buffer.concat(repaired).toString('latin1'));
        const again = encodeData(repaired);
        assert.equal(Buffer.concat(again).toString('latin1'), encoded(...texts));
      }),
      { numRuns: 2000 },
    );
  });

  it('is after BDAT what a receiver reads after DATA, wherever it is cut', () => {
    const pieces = fc.array(fc.string({ unit: fc.constantFrom('\r', '\n', '\r\n', '.', 'a'), maxLength: 8 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(pieces, (texts) => {
        const chunk = encodeChunk(texts.map((text) => Buffer.from(text, 'latin1')));
        const read = encoded(...texts)
          .slice(0, -3)
          .replace(/(^|\r\n)\./g, '$1');
        assert.equal(Buffer.concat(chunk).toString('latin1'), read);
      }),
      { numRuns: 2000 },
    );
  });

  it('counts its size before dots are doubled', () => {
    assert.equal(contentSize([Buffer.from('.a'), Buffer.from('\r\n')]), 4);
  });
});
