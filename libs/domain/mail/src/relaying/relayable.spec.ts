import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { relayable, UnfoldableHeaderError } from './relayable.ts';
import { repairBase64, repairQuotedPrintable } from './transfer-repair.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const latin1 = (part: Uint8Array) => Buffer.from(part).toString('latin1');
const made = (message: string) => latin1(relayable(bytes(message)));
const LONG = 'x'.repeat(999);
const TEXT = 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n';

function fromQuotedPrintable(encoded: string): string {
  return encoded
    .replace(/=[ \t]*\r\n/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function bodyOf(message: string): string {
  return message.slice(message.indexOf('\r\n\r\n') + 4);
}

const multipart = (parts: readonly string[], subtype = 'mixed') =>
  `MIME-Version: 1.0\r\nContent-Type: multipart/${subtype}; boundary="b 1"\r\n\r\npreamble\r\n` +
  `${parts.map((part) => `--b 1\r\n${part}\r\n`).join('')}--b 1--\r\nepilogue\r\n`;

describe('a relayable message', () => {
  it('has its 8-bit text and its long lines in quoted-printable, and says so', () => {
    assert.equal(
      made(`${TEXT}Content-Transfer-Encoding: 8bit\r\nSubject: x\r\n\r\nGood day to you, M\xc3\xbcller!\r\n`),
      `${TEXT}Subject: x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGood day to you, M=C3=BCller!\r\n`,
    );
    const long = made(`${TEXT}\r\n${LONG}\r\nshort \r\n`);
    assert.match(long, /Content-Transfer-Encoding: quoted-printable\r\n\r\nx{75}=\r\n/);
    assert.equal(fromQuotedPrintable(bodyOf(long)), `${LONG}\r\nshort \r\n`);
  });

  it('has in base64 what is no text, and text that is mostly beyond ASCII', () => {
    const binary = `\xff\x00\x01${LONG}\r\n`;
    for (const [type, body] of [
      ['application/octet-stream', binary],
      ['text/plain; charset=utf-8', '\xd0\x9f\xd1\x80\xd0\xb8\r\n'],
    ]) {
      const result = made(`MIME-Version: 1.0\r\nContent-Type: ${type}\r\n\r\n${body}`);
      assert.match(result, /Content-Transfer-Encoding: base64\r\n\r\n/);
      assert.equal(Buffer.from(bodyOf(result), 'base64').toString('latin1'), body);
    }
  });

  it('becomes MIME where it was not', () => {
    const mime = (body: string) => made(`Subject: x\r\n\r\n${body}\r\n`).split('\r\n').slice(1, 4).join(' | ');
    const fields = (charset: string, encoding: string) =>
      `MIME-Version: 1.0 | Content-Type: text/plain; charset=${charset} | Content-Transfer-Encoding: ${encoding}`;
    assert.equal(mime(LONG), fields('us-ascii', 'quoted-printable'));
    assert.equal(mime('Good morning, M\xc3\xbcller'), fields('utf-8', 'quoted-printable'));
    assert.equal(mime('Good morning, M\xfcller'), fields('unknown-8bit', 'quoted-printable'));
  });

  it('is changed only in the parts that need it, at any depth', () => {
    const inner = multipart([`${TEXT}\r\n${LONG}`, 'Content-Type: text/html\r\n\r\n<p>']).replaceAll('b 1', 'inner');
    const message = multipart(['\r\nplain', inner.replace(/^MIME.*\r\n/, ''), 'X-Empty: 1\r\n', '', TEXT]);
    const result = made(message);
    const encoded = /quoted-printable\r\n\r\n((?:x+=?\r\n)+)--inner\r\n/.exec(result)?.[1] ?? '';
    assert.equal(fromQuotedPrintable(encoded), `${LONG}\r\n`);
    assert.equal(
      result.replace('Content-Transfer-Encoding: quoted-printable\r\n', '').replace(encoded, `${LONG}\r\n`),
      message,
    );
  });

  it('does not call a multipart 8-bit that is so no more', () => {
    const label = 'Content-Transfer-Encoding: 8bit\r\n';
    const message = multipart([`${TEXT}${label}\r\nM\xc3\xbcller and others`]).replace('\r\n\r\n', `\r\n${label}\r\n`);
    const result = made(message);
    assert.doesNotMatch(result, /8bit|[\x80-\xff]/);
    assert.match(
      result,
      /^MIME-Version: 1\.0\r\nContent-Type: multipart\/mixed; boundary="b 1"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n/,
    );
    const kept = multipart(['Content-Type: message/rfc822\r\n\r\nSubject: \xfc\r\n\r\ny']).replace(
      '\r\n\r\n',
      `\r\n${label}\r\n`,
    );
    assert.equal(made(kept), kept);
  });

  it('stays as it is where it is signed, sealed, a message, or not understood', () => {
    const body = `\xc3\xbc ${LONG}\r\n`;
    const kept = [
      `DKIM-Signature: v=1\r\n${TEXT}\r\n${body}`,
      `ARC-Seal: i=1\r\n${TEXT}\r\n${body}`,
      `Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n${body}`,
      `Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n${body}`,
      `Content-Type: rubbish\r\n\r\n${body}`,
      `${TEXT}Content-Transfer-Encoding: x-uuencode\r\n\r\n${body}`,
      `${TEXT}Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${body}`,
      multipart([`Content-Type: text/plain\r\n\r\n${body}`], 'signed'),
      multipart([`Content-Type: text/plain\r\n\r\n${body}`], 'encrypted'),
      multipart([`\r\nSubject: a message\r\n\r\n${body}`], 'digest'),
      multipart([`no field\r\n\r\n${body}`]),
      `Content-Type: multipart/mixed\r\n\r\n${body}`,
      `Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\n${body}`,
      `Content-Type: multipart/mixed; boundary=nowhere\r\n\r\n${body}`,
    ];
    for (const message of kept) assert.equal(made(message), message, message.slice(0, 80));
  });

  it('knows a boundary however it is written', () => {
    for (const type of [
      'multipart/mixed; boundary=b1',
      'Multipart/Mixed (a; boundary=no) ; charset="a;boundary=c" ;\r\n\tBOUNDARY = "b1"',
      'multipart/mixed; boundary="b\\1"; type="a/b"',
    ]) {
      const result = made(`Content-Type: ${type}\r\n\r\n--b1 \r\n\r\n${LONG}\r\n--b1--`);
      assert.match(result, /--b1 \r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx{75}=\r\n/, type);
    }
  });

  it('loses what stands before and behind the parts only where it may not stay', () => {
    const message = multipart(['\r\ntext']);
    assert.equal(made(message.replace('preamble', LONG)), message.replace('preamble\r\n', ''));
    assert.equal(made(message.replace('epilogue', '\xfc')), message.replace('epilogue\r\n', ''));
  });

  it('never gets a line that looks like a delimiter and was none', () => {
    const near = 70;
    for (let n = near; n < 80; n++) {
      const result = made(multipart([`\r\n${'x'.repeat(n)}--b 1--${LONG}`]));
      assert.equal(result.match(/^--b 1/gm)?.length, 2);
    }
  });

  it('has long header lines folded where there is white space, and is refused where there is none', () => {
    const words = `${'word '.repeat(500)}`;
    for (const field of [`X-Long: ${words}`, `X-Long: a${' '.repeat(1500)}b`, `Subject: ${'x'.repeat(997)}`]) {
      if (/ {999}/.test(field)) assert.throws(() => made(`${field}\r\n\r\n`), UnfoldableHeaderError);
      else {
        const result = made(`A: 1\r\n${field}\r\nB: 2\r\n\r\ntext\r\n`);
        assert.ok(result.split('\r\n').every((line) => line.length <= 998));
        assert.doesNotMatch(result, /[ \t]\r\n/);
        assert.equal(result.replace(/\r\n /g, ' '), `A: 1\r\n${field.trimEnd()}\r\nB: 2\r\n\r\ntext\r\n`);
      }
    }
    assert.throws(() => made(`DKIM-Signature: ${LONG}\r\n\r\n`), UnfoldableHeaderError);
  });

  it('is 7-bit in short lines and means the same, whatever its text', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom('\r\n', ' \r\n', '=', '.', '\xfc', '\0', '--', LONG, '\t'),
        fc.string({ unit: 'binary-ascii', maxLength: 90 }).map((text) => text.replace(/[\r\n]/g, '')),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(pieces, fc.boolean(), (all, html) => {
        const text = `${all.join('')}\r\n`;
        const message = `MIME-Version: 1.0\r\nContent-Type: text/${html ? 'html' : 'plain'}\r\n\r\n${text}`;
        const result = made(message);
        const encoding = /Content-Transfer-Encoding: (\S+)/.exec(result.slice(0, 200))?.[1];
        const body = bodyOf(result);
        assert.doesNotMatch(result, /[\x80-\xff]|[^\n]{1000}/);
        const read = encoding === 'base64' ? Buffer.from(body, 'base64').toString('latin1') : fromQuotedPrintable(body);
        assert.equal(encoding === undefined ? body : read, text);
      }),
    );
  });

  it('never fails, whatever it is', () => {
    const pieces = fc.constantFrom(
      'Content-Type: multipart/mixed; boundary=b\r\n',
      'Content-Type: multipart/mixed; boundary="b',
      'Content-Transfer-Encoding: base64\r\n',
      '\r\n',
      '\r\n--b\r\n',
      '--b--',
      '--b--\r\n',
      '\xfc',
      ': ',
      '((',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (all) => {
        const result = made(`${all.join('')}\r\n`);
        assert.equal(made(result), result);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a transfer encoding that was not kept to', () => {
  it('is repaired for base64 by cutting lines', () => {
    const data = Buffer.alloc(2000, 'payload \xff').toString('base64');
    const result = made(`${TEXT}Content-Transfer-Encoding: base64\r\n\r\n${data}\r\n`);
    assert.ok(
      bodyOf(result)
        .split('\r\n')
        .every((line) => line.length <= 76),
    );
    assert.equal(bodyOf(result).replaceAll('\r\n', ''), data);
    assert.equal(latin1(repairBase64(bytes(`${'A'.repeat(76)}\r\n\xfcB`))), `${'A'.repeat(76)}\r\nB`);
  });

  it('is repaired for quoted-printable by breaking lines and escaping', () => {
    const pieces = fc.constantFrom('=3D', '=\r\n', '= \r\n', '\r\n', 'word ', '\xfc', 'x'.repeat(80), '=zz', '-');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (all) => {
        const text = `${all.join('')}\r\n`;
        const result = latin1(repairQuotedPrintable(bytes(text)));
        for (const line of result.split('\r\n')) assert.match(line.trimEnd(), /^[\t -~]{0,76}$/);
        const plain = text.replaceAll('=zz', '=3Dzz').replace(/=(?![0-9A-F]{2}|[ \t]*\r\n)/g, '=3D');
        assert.equal(fromQuotedPrintable(result), fromQuotedPrintable(plain));
      }),
    );
  });
});
