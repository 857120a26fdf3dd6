import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { DkimAlgorithm } from '@penstock/events';

/** A new pair of keys, before the private one is sealed. */
export interface GeneratedDkimKey {
  /** The `p=` value of its DNS record: base64 of the SubjectPublicKeyInfo (RSA) or of the raw key (Ed25519). */
  readonly publicKey: string;
  /** PKCS #8 DER. */
  readonly privateKey: Uint8Array;
}

/** RFC 8301 section 3.2: at least 1024, better 2048. A longer key makes a record too long for some name servers. */
const RSA_BITS = 2048;
/** RFC 8410 section 4: what stands before the 32 bytes of the raw key in an Ed25519 SubjectPublicKeyInfo. */
const ED25519_SPKI_PREFIX_BYTES = 12;

const generate = promisify(generateKeyPair);

/** Makes a pair of keys off the main thread, from the system's randomness. An RSA key takes some 100 ms of CPU. */
export async function generateDkimKey(algorithm: DkimAlgorithm): Promise<GeneratedDkimKey> {
  const { publicKey, privateKey } =
    algorithm === 'rsa-sha256' ? await generate('rsa', { modulusLength: RSA_BITS }) : await generate('ed25519');
  return { publicKey: recordValue(algorithm, publicKey), privateKey: derOf(privateKey) };
}

function recordValue(algorithm: DkimAlgorithm, key: KeyObject): string {
  const spki = key.export({ type: 'spki', format: 'der' });
  // RFC 8463 section 4: the raw key, not wrapped.
  return (algorithm === 'rsa-sha256' ? spki : spki.subarray(ED25519_SPKI_PREFIX_BYTES)).toString('base64');
}

function derOf(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }));
}
