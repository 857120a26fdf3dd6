import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressHeader, isHeaderName, isHeaderText, messageIdHeader, rawHeader, textHeader } from './headers.ts';
import { formatDate } from './headers-date.ts';

/** A reader of what is written here: unfolds, then decodes encoded words (RFC 2047 section 6.2). */
function read(field: string): string {
  const value = field.slice(field.indexOf(':') + 1).replace(/\r\n(?=[ \t])/g, '');
  const joined = value.replace(/(=\?[^?]+\?[QB]\?[^?]*\?=)\s+(?==\?)/g, '$1');
  return joined.replace(/=\?UTF-8\?([QB])\?([^?]*)\?=/g, (_, kind: string, text: string) => decode(kind, text)).trim();
}

function decode(kind: string, text: string): string {
  if (kind === 'B') return Buffer.from(text, 'base64').toString();
  const bytes = text.replace(/_/g, ' ').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

const headerText = fc
  .string({ unit: 'grapheme', maxLength: 400 })
  .map((text) => text.replace(/\s+/g, ' ').trim())
  .filter(isHeaderText);

describe('a header field', () => {
  it('takes names of printable ASCII without a colon', () => {
    for (const name of ['Subject', 'X-Campaign_1', '!', 'List-Unsubscribe']) assert.ok(isHeaderName(name), name);
    for (const name of ['', 'X Y', 'X:', 'Tür', 'X\r\nBcc', 'X\n', 'X\0', 'x'.repeat(77)]) {
      assert.ok(!isHeaderName(name), JSON.stringify(name));
    }
  });

  it('takes no text that could end its line', () => {
    for (const character of ['\r', '\n', '\0', '\x0b', '\x7f', '\x85', '\u2028', '\u2029', '\ud800']) {
      assert.ok(!isHeaderText(`a${character}b`), JSON.stringify(character));
      assert.throws(() => textHeader('Subject', `a${character}b`), RangeError);
      assert.throws(() => rawHeader('X-Y', `a${character}b`), RangeError);
      assert.throws(() => addressHeader('To', [{ name: `a${character}b`, address: 'a@b.example' }]), RangeError);
      assert.throws(() => rawHeader(`X${character}`, 'a'), RangeError);
    }
  });

  it('stays as it is while it is short and ASCII', () => {
    assert.equal(textHeader('Subject', 'Hello, world'), 'Subject: Hello, world\r\n');
    assert.equal(rawHeader('X-Empty', ''), 'X-Empty: \r\n');
    assert.equal(messageIdHeader('m.0.3', 'example.org'), 'Message-ID: <m.0.3@example.org>\r\n');
  });

  it('encodes text that would be mistaken for encoded words, but not raw values', () => {
    assert.equal(read(textHeader('Subject', '=?UTF-8?Q?x?=')), '=?UTF-8?Q?x?=');
    assert.equal(rawHeader('X-Y', '=?UTF-8?Q?x?='), 'X-Y: =?UTF-8?Q?x?=\r\n');
  });

  it('reads back as it was, in lines of at most 78 characters', () => {
    fc.assert(
      fc.property(headerText, fc.constantFrom('Subject', 'X-A-Long-Name-Of-A-Header-Field'), (text, name) => {
        const field = textHeader(name, text);
        assert.equal(read(field), text);
        assert.match(field, /^[\x20-\x7e\t\r\n]*$/);
        for (const line of field.split('\r\n').slice(0, -1)) {
          assert.notEqual(line.trim(), '');
          if (line.includes('=?')) assert.ok(line.length <= 107, line);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('folds a long value before its white space and never leaves a blank line', () => {
    const field = rawHeader('X-Words', `${'word '.repeat(40)}   end`);
    for (const line of field.split('\r\n').slice(0, -1)) assert.ok(line.length <= 78 && line.trim() !== '');
    assert.equal(read(field), `${'word '.repeat(40)}   end`);
  });

  it('breaks a token of more than 998 characters by encoding it', () => {
    const token = 'x'.repeat(5000);
    const field = rawHeader('X-Token', token);
    for (const line of field.split('\r\n')) assert.ok(line.length <= 998);
    assert.equal(read(field), token);
  });
});

describe('an address field', () => {
  it('quotes names that are no atoms and encodes those beyond ASCII', () => {
    const to = (name: string) => addressHeader('To', [{ name, address: 'ann@example.org' }]);
    assert.equal(to('Ann Lee'), 'To: Ann Lee <ann@example.org>\r\n');
    assert.equal(to('Lee, Ann'), 'To: "Lee, Ann" <ann@example.org>\r\n');
    assert.equal(to('A "B" \\'), 'To: "A \\"B\\" \\\\" <ann@example.org>\r\n');
    assert.equal(to('Jürgen'), 'To: =?UTF-8?Q?J=C3=BCrgen?= <ann@example.org>\r\n');
    assert.equal(to('日本'), 'To: =?UTF-8?B?5pel5pys?= <ann@example.org>\r\n');
    assert.equal(to(' '), 'To: ann@example.org\r\n');
  });

  it('folds between a thousand addresses', () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ address: `recipient-${i}@example.org` }));
    const lines = addressHeader('To', many).split('\r\n');
    assert.ok(lines.length > 300);
    for (const line of lines) assert.ok(line.length <= 78);
  });
});

describe('a date', () => {
  it('is written as RFC 5322 wants it, whatever the day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (at) => {
        assert.equal(formatDate(at), new Date(at).toUTCString().replace('GMT', '+0000'));
      }),
    );
  });
});
