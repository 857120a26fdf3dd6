import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DataReader } from './data-reader.ts';
import { hasBareLineEnds, hasLongLines } from './line-ends.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

/** What RFC 5321 sections 4.1.1.4 and 4.5.2 say, over a string. */
function expected(stream: string): { content: string; rest: string } | undefined {
  const lines = `\r\n${stream}`;
  const end = lines.indexOf('\r\n.\r\n');
  if (end < 0) return undefined;
  const content = lines.slice(0, end + 2).replaceAll('\r\n.', '\r\n');
  return { content: content.slice(2), rest: lines.slice(end + 5) };
}

/** Reads the stream cut at the given places. */
function read(stream: string, cuts: readonly number[]): { content: string; rest: string } | undefined {
  const reader = new DataReader();
  const borders = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
  for (let i = 1; i < borders.length; i++) {
    const chunk = bytes(stream.slice(borders[i - 1], borders[i]));
    const next = reader.push(chunk, 0);
    if (next < 0) continue;
    const content = Buffer.from(reader.content().bytes).toString('latin1');
    assert.equal(reader.size, content.length);
    return { content, rest: chunk.toString('latin1', next) + stream.slice(borders[i]) };
  }
  return undefined;
}

const SMUGGLED = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r\n.\r',
  '\r.\r\n',
  '\r\n.\r\r\n',
  '\r\n\0.\r\n',
  '\n\n.\r\n',
];

describe('the end of data', () => {
  it('is CRLF.CRLF alone, at every cut of the stream in two', () => {
    for (const variant of SMUGGLED) {
      const stream = `a${variant}MAIL FROM:<x@y.example>\r\n.\r\nQUIT\r\n`;
      const whole = expected(stream);
      assert.ok(whole?.content.includes('MAIL FROM') && whole.rest === 'QUIT\r\n');
      for (let cut = 0; cut <= stream.length; cut++) assert.deepEqual(read(stream, [cut]), whole);
      assert.deepEqual(
        read(
          stream,
          [...stream].map((_, i) => i),
        ),
        whole,
      );
    }
  });

  it('is found where RFC 5321 says, and dots are unstuffed, whatever the stream and its cuts', () => {
    const pieces = fc.constantFrom('\r', '\n', '.', 'x', '\r\n', '\r\n.', '..', '.\r\n', '\r\n.\r\n', 'Subject: y\r\n');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 24 }), fc.array(fc.nat(60), { maxLength: 8 }), (all, places) => {
        const stream = all.join('');
        const cuts = places.map((place) => Math.min(place, stream.length));
        assert.deepEqual(read(stream, cuts), expected(stream));
      }),
      { numRuns: 3000 },
    );
  });

  it('is found in a message of several chunks that is thrown away', () => {
    const reader = new DataReader();
    reader.discard();
    assert.equal(reader.push(bytes('a\r\n.'), 0), -1);
    assert.equal(reader.push(bytes('b\r\n.\r'), 0), -1);
    assert.equal(reader.push(bytes('\nQUIT'), 0), 1);
    assert.equal(reader.size, 6);
    assert.equal(reader.content().bytes.length, 0);
  });
});

describe('a received message', () => {
  it('that lies in one chunk is not copied', () => {
    const chunk = bytes('DATA\r\nSubject: x\r\n\r\ny\r\n.\r\n');
    const reader = new DataReader();
    assert.equal(reader.push(chunk, 6), chunk.length);
    assert.equal(reader.content().bytes.buffer, chunk.buffer);
  });

  it('says whether it has bytes above 127 and bare line ends', () => {
    const facts = (text: string) => {
      const reader = new DataReader();
      reader.push(bytes(`${text}\r\n.\r\n`), 0);
      const { eightBit, bareLineEnds } = reader.content();
      return { eightBit, bareLineEnds };
    };
    assert.deepEqual(facts('a\r\nb'), { eightBit: false, bareLineEnds: false });
    assert.deepEqual(facts('\xfc'), { eightBit: true, bareLineEnds: false });
    assert.deepEqual(facts('a\nb'), { eightBit: false, bareLineEnds: true });
  });

  it('has long lines where more than 998 octets stand between two line ends', () => {
    const lengths = fc.array(fc.oneof(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 996, max: 1001 })));
    fc.assert(
      fc.property(lengths, fc.integer({ min: 996, max: 999 }), (lines, last) => {
        const text = lines.map((length) => `${'x'.repeat(length)}\r\n`).join('');
        assert.equal(hasLongLines(bytes(text)), /[^\r\n]{999}/.test(text));
        assert.equal(hasLongLines(bytes(text + 'x'.repeat(last))), /[^\r\n]{999}/.test(text) || last > 998);
      }),
      { numRuns: 300 },
    );
  });

  it('has bare line ends wherever they lie in a long one', () => {
    const pieces = fc.constantFrom('x'.repeat(65_535), 'x'.repeat(65_536), '\r\n', '\r', '\n', 'x');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (all) => {
        const text = all.join('');
        assert.equal(hasBareLineEnds(bytes(text)), /\r(?!\n)|(?<!\r)\n/.test(text));
      }),
      { numRuns: 300 },
    );
  });
});
