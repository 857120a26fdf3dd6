import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecipientHasher } from './recipient-hash.ts';

describe('the recipient hash', () => {
  it('is the first half of HMAC-SHA256 over the lower-cased address, whatever key and address', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.string({ unit: 'grapheme' }), (key, address) => {
        const { hex, leading } = new RecipientHasher(key).hash(address);
        const expected = createHmac('sha256', key).update(address.toLowerCase(), 'utf8').digest();
        assert.equal(hex, expected.toString('hex', 0, 16));
        assert.equal(leading, expected.readUInt32BE(0));
      }),
    );
  });

  it('is that of addresses longer than any that is accepted, too', () => {
    const key = new Uint8Array(32).fill(1);
    for (const length of [340, 341, 342, 1024, 5000]) {
      for (const letter of ['x', '\u0130', '\u20ac']) {
        const address = letter.repeat(length);
        const expected = createHmac('sha256', key).update(address.toLowerCase(), 'utf8').digest('hex').slice(0, 32);
        assert.equal(new RecipientHasher(key).hash(address).hex, expected);
      }
    }
  });

  it('is the same again, and independent of what was hashed before', () => {
    const hasher = new RecipientHasher(new Uint8Array(32).fill(1));
    const first = hasher.hash('ann@example.org');
    hasher.hash('bob@example.org');
    assert.deepEqual(hasher.hash('Ann@Example.org'), first);
  });
});
