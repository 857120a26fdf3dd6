import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { headerMailboxes } from './header-mailboxes.ts';
import { addressHeader } from './headers.ts';

const addresses = (value: string) => headerMailboxes(value)?.map(({ address }) => address);

describe('the mailboxes of a header field', () => {
  for (const [value, expected] of [
    ['ann@example.com', ['ann@example.com']],
    [' Ann <ann@Example.COM> ', ['ann@example.com']],
    ['Ann Smith <ann@example.com>, bob@example.org', ['ann@example.com', 'bob@example.org']],
    ['"Smith, Ann <x@y.example>" <ann@example.com>', ['ann@example.com']],
    ['=?utf-8?q?J=C3=BCrgen?= <j@example.com>', ['j@example.com']],
    ['Jürgen <jürgen@bücher.example>', ['jürgen@xn--bcher-kva.example']],
    ['ann@example.com (a (nested) \\) comment)', ['ann@example.com']],
    ['(first) Ann\r\n <ann@example.com>', ['ann@example.com']],
    ['"ann smith"@example.com', ['"ann smith"@example.com']],
    ['"\\"x\\" y" <ann@example.com>', ['ann@example.com']],
    ['A. B. <ann@example.com>', ['ann@example.com']],
  ] as const) {
    it(`are read from ${JSON.stringify(value)}`, () => assert.deepEqual(addresses(value), [...expected]));
  }

  for (const value of [
    '',
    'Ann',
    'ann@example.com bob@example.org',
    'ann@example.com,',
    'ann@example.com <bob@example.org>',
    '<ann@example.com> <bob@example.org>',
    '<ann@example.com> bob',
    '<ann@example.com',
    'Friends: ann@example.com;',
    '<@relay.example:ann@example.com>',
    'ann@[192.0.2.1]',
    'ann@localhost',
    '"ann <ann@example.com>',
    '(ann@example.com',
    'ann@example.com\nbob@example.org',
    'ann@example.com\r\nBcc: x',
    'ann@@example.com',
    `${'a'.repeat(100_001)}@example.com`,
  ]) {
    it(`are not guessed from ${JSON.stringify(value.slice(0, 60))}`, () =>
      assert.equal(headerMailboxes(value), undefined));
  }

  it('are what the field was made of, whatever the names', () => {
    const name = fc.string({ unit: 'binary-ascii', maxLength: 30 }).map((text) => text.replace(/[^\t -~]/g, ' '));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const mailboxes = names.map((each, i) => ({ address: `a${i}@example.com`, name: each }));
        const value = addressHeader('From', mailboxes).slice('From:'.length).replace(/\r\n$/, '');
        assert.deepEqual(
          addresses(value),
          mailboxes.map(({ address }) => address),
        );
      }),
    );
  });

  it('take time in proportion to the field, whatever stands in it', () => {
    for (const piece of ['(', '"', '\\', '<', ',', ' ', '((', '"\\']) {
      assert.equal(headerMailboxes(piece.repeat(40_000 / piece.length)), undefined);
    }
  });
});
