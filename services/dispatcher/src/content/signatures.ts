import { type DirectoryState, type SendingDomain, sendingDomain } from '@penstock/directory';
import { messageTime } from '@penstock/events';
import { fromDomain, repairLineEnds, splitMessage } from '@penstock/mail';
import type { MessageSigner } from '@penstock/ports';
import { RecentSignatures } from './recent-signatures.ts';

/** What signing has to know of a message beside its bytes. */
export interface MessageToSign {
  readonly tenant: string;
  readonly messageId: string;
  /** The delivery the signature is kept for, until it is tried again. */
  readonly deliveryId: string;
  /** Where the body that all recipients share is stored; none where this recipient's is another. */
  readonly bodyReference: string | undefined;
}

/** What signing asks of the directory. */
export interface SignersDirectory {
  readonly state: DirectoryState;
  notReady(): string | undefined;
}

const encoder = new TextEncoder();

/** Signs what leaves with the keys of its sending domain, where its tenant has one. */
export class Signatures {
  private readonly recent = new RecentSignatures();

  constructor(
    private readonly signer: MessageSigner,
    private readonly directory: SignersDirectory,
  ) {}

  /**
   * The content as it is to be sent: with the signatures before it, or as it is, at once, where nobody registered the
   * domain it is from. Rejects where it ought to be signed and cannot be: it must not be sent then.
   */
  sign(message: MessageToSign, content: readonly Uint8Array[]): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
    const reason = this.directory.notReady();
    if (reason !== undefined) return Promise.reject(new Error(reason));
    const { state } = this.directory;
    return state.domainCounts.has(message.tenant) ? this.signFrom(state, message, content) : content;
  }

  private signFrom(state: DirectoryState, message: MessageToSign, content: readonly Uint8Array[]) {
    // Signed after the repair, and sent as signed: the receiver reads the same bytes.
    const repaired = repairLineEnds(content);
    const { header, body } = splitMessage(repaired);
    const from = fromDomain(header);
    const registered = from === undefined ? undefined : sendingDomain(state, message.tenant, from);
    if (!registered || registered.keys.length === 0) return content;
    const kept = this.recent.get(message.deliveryId, registered);
    return kept ? [kept, ...repaired] : this.signAs(registered, message, { header, body, repaired });
  }

  private async signAs(registered: SendingDomain, message: MessageToSign, content: TakenApart) {
    const { header, body, repaired } = content;
    const { bodyReference } = message;
    const acceptedAt = messageTime(message.messageId);
    const fields = await this.signer.sign({
      domain: registered.domain,
      keys: registered.keys,
      header,
      body,
      ...(bodyReference === undefined ? {} : { bodyReference }),
      ...(acceptedAt === undefined ? {} : { signedAt: Math.floor(acceptedAt / 1000) }),
    });
    const signature = encoder.encode(fields);
    this.recent.keep(message.deliveryId, registered, signature);
    return [signature, ...repaired];
  }
}

interface TakenApart {
  readonly header: Uint8Array;
  readonly body: readonly Uint8Array[];
  /** All of it, as it is sent. */
  readonly repaired: readonly Uint8Array[];
}
