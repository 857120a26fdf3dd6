import type { DkimKey } from '@penstock/events';
import type { MessageSigner, SignRequest } from '@penstock/ports';
import { PrivateKeys } from './private-keys.ts';
import { bodyHash, type OpenKey, signatureFields } from './signature.ts';

/** Signs where it is called, with the same code as the threads: for tests, which need no second thread to be right. */
export class InProcessSigner implements MessageSigner {
  private readonly privateKeys: PrivateKeys;
  private readonly opened = new WeakMap<DkimKey, OpenKey>();

  constructor(secretKey: Uint8Array) {
    this.privateKeys = new PrivateKeys(secretKey);
  }

  async sign(request: SignRequest): Promise<string> {
    const { domain, header, body, signedAt } = request;
    const keys = request.keys.map((key) => this.open(domain, key));
    return signatureFields({ domain, keys, header, bodyHash: bodyHash(body), signedAt });
  }

  async close(): Promise<void> {}

  private open(domain: string, key: DkimKey): OpenKey {
    const known = this.opened.get(key);
    if (known) return known;
    const { selector, algorithm } = key;
    const opened = { selector, algorithm, key: this.privateKeys.open(domain, key) };
    this.opened.set(key, opened);
    return opened;
  }
}
