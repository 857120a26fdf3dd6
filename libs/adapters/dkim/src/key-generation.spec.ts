import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, it } from 'node:test';
import { generateDkimKey } from './key-generation.ts';

describe('a new DKIM key', () => {
  it('of RSA has 2048 bits, and its record value is the whole SubjectPublicKeyInfo', async () => {
    const { publicKey, privateKey } = await generateDkimKey('rsa-sha256');
    const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
    assert.equal(key.asymmetricKeyDetails?.modulusLength, 2048);
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    assert.equal(publicKey, spki.toString('base64'));
  });

  it('of Ed25519 has a record value of 32 raw bytes (RFC 8463)', async () => {
    const { publicKey, privateKey } = await generateDkimKey('ed25519-sha256');
    const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
    const { x } = createPublicKey(key).export({ format: 'jwk' });
    assert.equal(Buffer.from(publicKey, 'base64').length, 32);
    assert.equal(Buffer.from(publicKey, 'base64').toString('base64url'), x);
  });
});
