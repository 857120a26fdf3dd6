import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { deriveKey, seal, UnsealError, unseal } from './sealing.ts';

const secret = new Uint8Array(32).fill(5);
const key = deriveKey(secret, 'dkim-private-keys');
const text = new TextEncoder().encode('a private key');

describe('sealing', () => {
  it('gives back what was sealed, under the same key and words', () => {
    const sealed = seal(key, text, 'example.com/s1', randomBytes(12));
    assert.deepEqual(Buffer.from(unseal(key, sealed, 'example.com/s1')), Buffer.from(text));
    assert.doesNotMatch(Buffer.from(sealed, 'base64').toString('latin1'), /private/);
  });

  it('refuses another key, other words, a changed byte and a torn text', () => {
    const sealed = seal(key, text, 'example.com/s1', randomBytes(12));
    const changed = Buffer.from(sealed, 'base64');
    changed[20] = (changed[20] ?? 0) ^ 1;
    assert.throws(() => unseal(deriveKey(secret, 'return-path-tokens'), sealed, 'example.com/s1'), UnsealError);
    assert.throws(() => unseal(key, sealed, 'example.org/s1'), UnsealError);
    assert.throws(() => unseal(key, changed.toString('base64'), 'example.com/s1'), UnsealError);
    assert.throws(() => unseal(key, 'AAAA', 'example.com/s1'), UnsealError);
  });
});
