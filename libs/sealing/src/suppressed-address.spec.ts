import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deriveKey, UnsealError } from './sealing.ts';
import { openAddress, sealAddress } from './suppressed-address.ts';

const key = deriveKey(new Uint8Array(32).fill(1), 'suppressed-addresses');
const ann = { tenant: 'acme', recipientHash: '5d41402abc4b2a76b9719d911017c592' };

describe('a suppressed address', () => {
  it('is read again with the key, and does not stand in what is stored', () => {
    const sealed = sealAddress(key, ann, 'ann+ü@example.com', new Uint8Array(12).fill(3));
    assert.equal(openAddress(key, ann, sealed), 'ann+ü@example.com');
    assert.ok(!Buffer.from(sealed, 'base64').toString('latin1').includes('example'));
  });

  it('opens for its own tenant and hash only', () => {
    const sealed = sealAddress(key, ann, 'ann@example.com', new Uint8Array(12).fill(3));
    assert.throws(() => openAddress(key, { ...ann, tenant: 'globex' }, sealed), UnsealError);
    assert.throws(() => openAddress(key, { ...ann, recipientHash: '0'.repeat(32) }, sealed), UnsealError);
    assert.throws(() => openAddress(new Uint8Array(32), ann, sealed), UnsealError);
  });
});
