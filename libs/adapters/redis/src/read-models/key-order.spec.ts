import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromMember, toMember } from './key-order.ts';

/** Any code units, those around the escape and the surrogates more often. */
const unit = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }),
  fc.constantFrom(0, 0x61, 0x1000, 0x3fff, 0xd7fe, 0xd7ff, 0xd83d, 0xde00, 0xffff),
);
const keys = fc.array(unit, { maxLength: 6 }).map((units) => String.fromCharCode(...units));

describe('keys in a sorted set', () => {
  it('are ordered by their bytes as the keys are by code unit, and come back as they were', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        assert.equal(fromMember(toMember(a)), a);
        const byBytes = Math.sign(Buffer.compare(Buffer.from(toMember(a)), Buffer.from(toMember(b))));
        assert.equal(byBytes, a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });
});
