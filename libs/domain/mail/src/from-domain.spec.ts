import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromDomain } from './from-domain.ts';

function domain(from: string): string | undefined {
  return fromDomain(Buffer.from(`Subject: a@subject.example\r\n${from}\r\nTo: b@to.example\r\n`));
}

describe('the domain of the From field', () => {
  for (const [from, expected] of [
    ['From: ann@example.com', 'example.com'],
    ['from:ann@Example.COM', 'example.com'],
    ['From : Ann <ann@example.com>', 'example.com'],
    ['From: "Ann <ann@other.example>, Ltd" <ann@example.com>', 'example.com'],
    ['From: "a \\" b@other.example" <ann@example.com>', 'example.com'],
    ['From: Ann (not ann@other.example (nested)) <ann@example.com>', 'example.com'],
    ['From: "ann@other.example" <ann@example.com>', 'example.com'],
    ['From: ann@other.example <ann@example.com>', undefined],
    ['From: =?UTF-8?Q?J=C3=BCrgen?= <j@example.com>', 'example.com'],
    ['From: Jürgen <j@example.com>', 'example.com'],
    ['From: <"a@b"@example.com>', 'example.com'],
    ['From: ann@example.com, bob@other.example', 'example.com'],
    ['From: ann@bücher.example', 'xn--bcher-kva.example'],
    ['From: Ann\r\n <ann@example.com>\r\n (Ltd)', 'example.com'],
    ['From-X: a@b.example\r\nfrom\t: ann@example.com', 'example.com'],
    ['From: Team: ann@example.com;', undefined],
    ['From: ann', undefined],
    ['From: ann@[192.0.2.1]', undefined],
    ['From: ann@localhost', undefined],
    ['From: ', undefined],
    ['From: "ann@example.com', undefined],
    ['X-From: ann@example.com', undefined],
  ] as const) {
    it(`of ${JSON.stringify(from)} is ${expected}`, () => {
      assert.equal(domain(from), expected);
    });
  }

  it('is found in any bytes without throwing, and in time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        fromDomain(Buffer.concat([Buffer.from('From: '), bytes]));
      }),
    );
    assert.equal(domain(`From: ${'<'.repeat(100_000)}`), undefined);
  });
});
