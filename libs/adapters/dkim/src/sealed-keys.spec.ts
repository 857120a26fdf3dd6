/** Keys as the directory holds them, and their DNS, for the specs. */
import { randomBytes } from 'node:crypto';
import type { DkimAlgorithm, DkimKey } from '@penstock/events';
import { deriveKey, seal } from '@penstock/sealing';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { generateDkimKey } from './key-generation.ts';

export const SECRET_KEY = new Uint8Array(32).fill(9);
export const DOMAIN = 'example.com';

export async function sealedKey(selector: string, algorithm: DkimAlgorithm): Promise<DkimKey> {
  const { publicKey, privateKey } = await generateDkimKey(algorithm);
  const key = deriveKey(SECRET_KEY, 'dkim-private-keys');
  const sealedPrivateKey = seal(key, privateKey, `${DOMAIN}/${selector}`, randomBytes(12));
  return { selector, algorithm, publicKey, sealedPrivateKey };
}

/** `pass`, `fail` … of each signature, as an independent verifier finds them. */
export async function verdicts(message: Uint8Array, keys: readonly DkimKey[]): Promise<readonly string[]> {
  const { results } = await dkimVerify(Buffer.from(message), {
    resolver: async (name) => {
      const key = keys.find(({ selector }) => name === `${selector}._domainkey.${DOMAIN}`);
      if (!key) throw Object.assign(new Error('no record'), { code: 'ENOTFOUND' });
      const kind = key.algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519';
      return [[`v=DKIM1; k=${kind}; p=${key.publicKey}`]];
    },
  });
  return results.map(({ status }) => status.result);
}
