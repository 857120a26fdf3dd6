import type { MessageSigner, SignRequest } from '@penstock/ports';

/** Signs with what names the request, and remembers what it was asked. */
export class ScriptedSigner implements MessageSigner {
  readonly requests: SignRequest[] = [];
  /** Why it cannot sign. */
  failure: Error | undefined;

  async sign(request: SignRequest): Promise<string> {
    this.requests.push(request);
    if (this.failure) throw this.failure;
    const { domain, keys, signedAt } = request;
    return keys.map(({ selector }) => `DKIM-Signature: d=${domain}; s=${selector}; t=${signedAt}\r\n`).join('');
  }

  async close(): Promise<void> {}
}
