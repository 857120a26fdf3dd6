/** What is kept at rest under the secret key, and the keys that are derived from it, one for each use. */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Uses of the secret key: no two share a derived key (RFC 5869). */
export type KeyUse =
  | 'dkim-private-keys'
  | 'return-path-tokens'
  | 'suppressed-addresses'
  | 'webhook-keys'
  | 'folder-fingerprint';

/** 32 bytes for one use of the secret key. */
export function deriveKey(secretKey: Uint8Array, use: KeyUse): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secretKey, new Uint8Array(), `penstock ${use}`, 32));
}

/** The sealed text was made with another key, or was changed. */
export class UnsealError extends Error {
  override readonly name = 'UnsealError';
}

/**
 * Encrypts with AES-256-GCM; base64 of nonce, ciphertext and tag.
 *
 * @param nonce 12 random bytes, never used twice with one key
 * @param about what the text belongs to: it unseals under the same words only
 */
export function seal(key: Uint8Array, text: Uint8Array, about: string, nonce: Uint8Array): string {
  if (nonce.length !== NONCE_BYTES) throw new RangeError(`the nonce must have ${NONCE_BYTES} bytes`);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(about));
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** @throws UnsealError where key, words or text are not those it was sealed with. */
export function unseal(key: Uint8Array, sealed: string, about: string): Uint8Array {
  const bytes = Buffer.from(sealed, 'base64');
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    const text = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES));
    return Buffer.concat([text, decipher.final()]);
  } catch (error) {
    throw new UnsealError('cannot be unsealed: made under another secret key, or changed since', { cause: error });
  }
}
