import type { DkimKey } from '@penstock/events';

/** One message to sign (RFC 6376): its header block and body exactly as they will be sent, before dot-stuffing. */
export interface SignRequest {
  /** The `d=` domain: lower case, A-labels. */
  readonly domain: string;
  /** One signature each; the private keys are still sealed. */
  readonly keys: readonly DkimKey[];
  /** Whole header lines in CRLF, without the blank line that ends them. */
  readonly header: Uint8Array;
  /** What follows the blank line, in pieces. */
  readonly body: readonly Uint8Array[];
  /** Stands for the bytes of `body` where they are stored once and shared: its hash is then made once. */
  readonly bodyReference?: string;
  /** `t=`, seconds since the epoch: the same on every attempt, so that the signature is the same. None if absent. */
  readonly signedAt?: number | undefined;
}

/** Makes DKIM signatures, off the thread that asks. */
export interface MessageSigner {
  /**
   * The `DKIM-Signature` fields, each a whole header line in CRLF, in the order of the keys; they stand before the
   * header. Rejects if a key cannot be unsealed or used: the message must not go unsigned then.
   */
  sign(request: SignRequest): Promise<string>;
  close(): Promise<void>;
}
