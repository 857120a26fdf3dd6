import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readReturnPath, returnPathAddress } from './return-path.ts';
import { deriveKey } from './sealing.ts';

const key = deriveKey(new Uint8Array(32).fill(1), 'return-path-tokens');
const other = deriveKey(new Uint8Array(32).fill(2), 'return-path-tokens');
const ID = '0Pk3aZ_-xYQ9bcdEFGhijk.0.3';

const urlSafe = fc.string({
  unit: fc.constantFrom(...'-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'),
  minLength: 1,
  maxLength: 32,
});
const deliveryIds = fc.tuple(urlSafe, fc.nat(2 ** 21 - 1), fc.nat(127)).map((parts) => parts.join('.'));

function localPart(address: string): string {
  return address.slice(0, address.indexOf('@'));
}

describe('a return path', () => {
  it('is one address per delivery, short enough, in lower-case letters and digits', () => {
    const address = returnPathAddress(key, ID, 'bounces.example.com');
    assert.match(address, /^b-[a-z2-7]{46,50}@bounces\.example\.com$/);
    assert.equal(returnPathAddress(key, ID, 'bounces.example.com'), address);
    assert.notEqual(returnPathAddress(other, ID, 'bounces.example.com'), address);
  });

  it('gives the delivery id back, whatever became of its case, and fits a local part', () => {
    fc.assert(
      fc.property(deliveryIds, (id) => {
        const local = localPart(returnPathAddress(key, id, 'b.example'));
        assert.ok(local.length <= 64);
        assert.match(local, /^b-[a-z2-7]+$/);
        assert.equal(readReturnPath(key, local), id);
        assert.equal(readReturnPath(key, local.toUpperCase()), id);
        assert.equal(readReturnPath(other, local), undefined);
      }),
    );
  });

  it('gives nothing back where a character was changed, added or taken away', () => {
    const local = localPart(returnPathAddress(key, ID, 'b.example'));
    for (let at = 2; at < local.length; at++) {
      const changed = `${local.slice(0, at)}${local[at] === 'a' ? 'b' : 'a'}${local.slice(at + 1)}`;
      assert.equal(readReturnPath(key, changed), undefined);
      assert.equal(readReturnPath(key, local.slice(0, at)), undefined);
    }
    assert.equal(readReturnPath(key, `${local}a`), undefined);
  });

  it('gives nothing back for an address that is no token, however odd', () => {
    for (const text of ['', 'b-', 'b', 'postmaster', 'b-aaaa', `b-${'a'.repeat(62)}`, `b-${'7'.repeat(1000)}`, 'b-é']) {
      assert.equal(readReturnPath(key, text), undefined);
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(readReturnPath(key, `b-${text}`), undefined);
      }),
    );
  });

  it('is refused for what is no delivery id, or too long for an address', () => {
    for (const id of ['', 'x', 'x.1', 'x.1.2.3', 'x.01.2', 'x y.1.2', `${'x'.repeat(40)}.0.0`]) {
      assert.throws(() => returnPathAddress(key, id, 'b.example'), RangeError);
    }
  });
});
