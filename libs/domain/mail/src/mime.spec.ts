import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type BodyParts, buildBody, isMediaType } from './mime.ts';
import { crlfLines, encodeBase64, encodeQuotedPrintable, isBase64, wrapBase64 } from './mime-encodings.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

function decodeQuotedPrintable(encoded: string): Buffer {
  const joined = encoded.replace(/=\r\n/g, '');
  const bytes = joined.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

const body = (parts: Partial<BodyParts>) =>
  text(
    buildBody({ alternatives: [{ type: 'text/plain', text: 'Hello' }], attachments: [], boundarySeed: 'b0', ...parts }),
  );

describe('transfer encodings', () => {
  it('write base64 as everybody does', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.equal(encodeBase64(bytes), Buffer.from(bytes).toString('base64'));
        assert.ok(isBase64(encodeBase64(bytes)));
      }),
    );
  });

  it('know base64 from what is not', () => {
    for (const good of ['', 'AAAA', 'AA==', 'AAA=']) assert.ok(isBase64(good));
    for (const bad of ['A', 'AA', 'AA=', '====', 'A===', 'AA-_', 'AA==AAAA', 'AA\r\n']) assert.ok(!isBase64(bad), bad);
  });

  it('wrap base64 in lines of 76', () => {
    assert.equal(wrapBase64('A'.repeat(80)), `${'A'.repeat(76)}\r\nAAAA\r\n`);
    assert.equal(wrapBase64(''), '');
  });

  it('make every line end CRLF', () => {
    assert.equal(crlfLines('a\nb\rc\r\nd'), 'a\r\nb\r\nc\r\nd\r\n');
    assert.equal(crlfLines(''), '');
  });

  it('write quoted-printable that reads back, in lines of 76 without white space at their end', () => {
    const pieces = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('\n', ' \n', '\t', '=', ' '.repeat(90), '.'),
    );
    fc.assert(
      fc.property(fc.array(pieces), (all) => {
        const lines = crlfLines(all.join(''));
        const encoded = text(encodeQuotedPrintable(Buffer.from(lines)));
        assert.equal(decodeQuotedPrintable(encoded).toString(), lines);
        for (const line of encoded.split('\r\n')) {
          assert.ok(line.length <= 76, line);
          assert.doesNotMatch(line, /[ \t]$/);
          assert.match(line, /^[\t -~]*$/);
        }
      }),
    );
  });
});

describe('a body', () => {
  it('of one plain part has no multipart around it', () => {
    assert.equal(
      body({}),
      'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello\r\n',
    );
  });

  it('chooses the encoding by what the text needs', () => {
    const encoding = (content: string) =>
      /Content-Transfer-Encoding: (\S+)/.exec(body({ alternatives: [{ type: 'text/plain', text: content }] }))?.[1];
    assert.equal(encoding('plain\nlines'), '7bit');
    assert.equal(encoding('x'.repeat(998)), '7bit');
    assert.equal(encoding('x'.repeat(999)), 'quoted-printable');
    assert.equal(encoding('nul \0'), 'quoted-printable');
    assert.equal(encoding('a little über'), 'quoted-printable');
    assert.equal(encoding('日本語'), 'base64');
  });

  it('nests alternatives in related in mixed', () => {
    const built = body({
      alternatives: [
        { type: 'text/plain', text: 'Hello' },
        { type: 'text/html', text: '<img src="cid:logo">' },
      ],
      attachments: [
        { type: 'image/png', filename: 'logo.png', base64: 'AAAA', disposition: 'inline', contentId: 'logo' },
        { type: 'application/pdf', filename: 'Rechnung "ä".pdf', base64: 'AAAA', disposition: 'attachment' },
      ],
    });
    const order = [...built.matchAll(/Content-Type: (\S+?)[;\r]/g)].map((match) => match[1]);
    assert.deepEqual(order, [
      'multipart/mixed',
      'multipart/related',
      'multipart/alternative',
      'text/plain',
      'text/html',
      'image/png',
      'application/pdf',
    ]);
    assert.match(built, /Content-ID: <logo>/);
    assert.match(built, /filename\*=UTF-8''Rechnung%20%22%C3%A4%22\.pdf/);
    assert.ok(built.endsWith('--=_b0m--\r\n'));
  });

  it('continues a long file name', () => {
    const filename = `${'ä'.repeat(40)}.txt`;
    const built = body({ attachments: [{ type: 'text/plain', filename, base64: '', disposition: 'attachment' }] });
    const pieces = [...built.matchAll(/filename\*(\d+)\*=(?:UTF-8'')?([^;\r]*)/g)].map((match) => match[2]);
    assert.equal(decodeURIComponent(pieces.join('')), filename);
  });

  it('is 7-bit in CRLF lines of at most 998, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 3000 }),
        fc.string({ unit: 'grapheme' }),
        (content, filename) => {
          const built = body({
            alternatives: [{ type: 'text/html', text: content.repeat(3) }],
            attachments: [
              { type: 'a/b', filename: filename.replace(/\p{C}/gu, ''), base64: 'AAAA', disposition: 'inline' },
            ],
          });
          assert.match(built, /^(?:[\t -~]{0,998}\r\n)*$/);
        },
      ),
    );
  });
});

describe('a media type', () => {
  it('is a type and a subtype, without parameters', () => {
    for (const good of ['text/plain', 'application/vnd.ms-excel', 'image/svg+xml']) assert.ok(isMediaType(good));
    for (const bad of ['', 'text', 'text/', '/plain', 'text/plain; x=y', 'text/plain\r\nX: y', 'te xt/plain']) {
      assert.ok(!isMediaType(bad), JSON.stringify(bad));
    }
  });
});
