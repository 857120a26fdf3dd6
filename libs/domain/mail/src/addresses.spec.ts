import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type AddressProblem, parseMailbox } from './addresses.ts';

function address(text: string): string | AddressProblem {
  const parsed = parseMailbox(text);
  return parsed.ok ? parsed.mailbox.address : parsed.problem;
}

const ACCEPTED: Readonly<Record<string, string>> = {
  'ann@example.org': 'ann@example.org',
  'Ann@EXAMPLE.org': 'Ann@example.org',
  "!#$%&'*+/=?^_`{|}~-@example.org": "!#$%&'*+/=?^_`{|}~-@example.org",
  'a.b.c@sub.example.co.uk': 'a.b.c@sub.example.co.uk',
  '"a b"@example.org': '"a b"@example.org',
  '"joe"@example.org': 'joe@example.org',
  '"a@b"@example.org': '"a@b"@example.org',
  '"a\\"b"@example.org': '"a\\"b"@example.org',
  '"a\\x"@example.org': 'ax@example.org',
  'ann@münchen.example': 'ann@xn--mnchen-3ya.example',
  'ann@例え.テスト': 'ann@xn--r8jz45g.xn--zckzah',
  'ann@MÜNCHEN.example': 'ann@xn--mnchen-3ya.example',
  'ann@example。org': 'ann@example.org',
  'jürgen@example.org': 'jürgen@example.org',
};

const REFUSED: Readonly<Record<string, AddressProblem>> = {
  '': 'empty',
  ann: 'no_at_sign',
  '@example.org': 'local_part',
  'ann@': 'domain',
  '.ann@example.org': 'local_part',
  'ann.@example.org': 'local_part',
  'a..b@example.org': 'local_part',
  'a b@example.org': 'local_part',
  'a@b@example.org': 'local_part',
  '<ann@example.org>': 'local_part',
  'Ann <ann@example.org>': 'local_part',
  '"a"b"@example.org': 'local_part',
  '""@example.org': 'local_part',
  'ann@localhost': 'domain',
  'ann@example..org': 'domain',
  'ann@.example.org': 'domain',
  'ann@example.org.': 'domain',
  'ann@-example.org': 'domain',
  'ann@example-.org': 'domain',
  'ann@ex_ample.org': 'domain',
  'ann@exa mple.org': 'domain',
  'ann@[192.0.2.1]': 'domain',
  'ann@192.0.2.1': 'domain',
  'ann@1.2.3.４': 'domain',
  'ann@münchen.example/x': 'domain',
  'ann@münchen％.example': 'domain',
  'ann@example.org>': 'domain',
  [`${'a'.repeat(65)}@example.org`]: 'local_part_too_long',
  [`${'ü'.repeat(33)}@example.org`]: 'local_part_too_long',
  [`a@${'a'.repeat(64)}.org`]: 'domain',
  [`a@${'a.'.repeat(127)}org`]: 'domain_too_long',
  [`${'a'.repeat(64)}@${'abcdefg.'.repeat(24)}org`]: 'too_long',
  [`a@${'a'.repeat(100_000)}`]: 'too_long',
};

describe('a mailbox', () => {
  for (const [text, expected] of Object.entries(ACCEPTED)) {
    it(`${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () => assert.equal(address(text), expected));
  }

  for (const [text, expected] of Object.entries(REFUSED)) {
    it(`${JSON.stringify(text.slice(0, 40))} is refused: ${expected}`, () => assert.equal(address(text), expected));
  }

  it('of the greatest lengths is accepted', () => {
    assert.equal(address(`${'a'.repeat(64)}@example.org`), `${'a'.repeat(64)}@example.org`);
    assert.equal(address(`a@${'a'.repeat(63)}.org`), `a@${'a'.repeat(63)}.org`);
  });

  it('needs SMTPUTF8 for its local part only, never for its domain', () => {
    const utf8 = (text: string) => {
      const parsed = parseMailbox(text);
      return parsed.ok && parsed.mailbox.smtpUtf8;
    };
    assert.equal(utf8('jürgen@example.org'), true);
    assert.equal(utf8('juergen@münchen.example'), false);
  });

  it('with a control or invisible character anywhere is refused', () => {
    const unsafe = [
      '\r',
      '\n',
      '\r\n',
      '\0',
      '\t',
      '\x7f',
      '\x85',
      '\u2028',
      '\u202e',
      '\u200b',
      '\ufeff',
      '\ufffd',
      '\ud800',
    ];
    const places = fc.nat({ max: 'ann@example.org'.length });
    fc.assert(
      fc.property(fc.constantFrom(...unsafe), places, fc.boolean(), (character, at, quoted) => {
        const whole = quoted ? '"ann x"@example.org' : 'ann@example.org';
        assert.equal(address(whole.slice(0, at) + character + whole.slice(at)), 'control_character');
      }),
    );
  });

  it('once accepted is accepted again unchanged', () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.string({ unit: 'binary' })), (text) => {
        const once = parseMailbox(text);
        if (once.ok) assert.deepEqual(parseMailbox(once.mailbox.address), once);
      }),
    );
  });

  it('is the same mailbox by the short way of common addresses as by the rules of all', () => {
    const letters = (unit: string) => fc.string({ unit: fc.constantFrom(...unit), minLength: 1, maxLength: 70 });
    const labels = fc.array(letters('ab-0'), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(letters('aB_+-.0'), labels, fc.constantFrom('com', 'c0m', 'x', '7'), (local, names, last) => {
        const domain = [...names, last].join('.');
        // Only lower-case domains go the short way.
        const long = parseMailbox(`${local}@${domain.toUpperCase()}`);
        assert.deepEqual(parseMailbox(`${local}@${domain}`), long);
      }),
      { numRuns: 2000 },
    );
  });
});
