import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromStoredKey, toStoredKey } from '@penstock/ports';
import fc from 'fast-check';

/** Any code units, those around the escape and the surrogates more often. */
const unit = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }),
  fc.constantFrom(0x41, 0xd7fe, 0xd7ff, 0xd800, 0xdfff, 0xe000, 0xffff),
);
const key = fc.array(unit, { maxLength: 6 }).map((units) => String.fromCharCode(...units));

describe('stored keys', () => {
  it('come back as they were', () => {
    fc.assert(fc.property(key, (text) => assert.equal(fromStoredKey(toStoredKey(text)), text)));
  });

  it('compare as UTF-8 bytes the way the keys compare by code unit', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const stored = Math.sign(Buffer.compare(Buffer.from(toStoredKey(a)), Buffer.from(toStoredKey(b))));
        assert.equal(stored, a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it('are the keys themselves where nothing needs care', () => {
    assert.equal(toStoredKey('due/0001700000000/m.0.3'), 'due/0001700000000/m.0.3');
  });
});
