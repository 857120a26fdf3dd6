import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { DkimKey } from '@penstock/events';
import { deriveKey, unseal } from '@penstock/sealing';

/** Opens private keys that are sealed under the secret key. */
export class PrivateKeys {
  private readonly sealingKey: Uint8Array;

  constructor(secretKey: Uint8Array) {
    this.sealingKey = deriveKey(secretKey, 'dkim-private-keys');
  }

  /** @throws Error where the key was sealed under another secret key or name, or is of another kind. */
  open(domain: string, { selector, algorithm, sealedPrivateKey }: DkimKey): KeyObject {
    const der = unseal(this.sealingKey, sealedPrivateKey, `${domain}/${selector}`);
    const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
    der.fill(0);
    const expected = algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519';
    if (key.asymmetricKeyType !== expected)
      throw new Error(`a key for ${algorithm} is of type ${key.asymmetricKeyType}`);
    return key;
  }
}
