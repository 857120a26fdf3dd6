/** Hashes and signatures of one message (RFC 6376 section 3.7, RFC 8463 section 3). */
import { createHash, hash, type KeyObject, sign } from 'node:crypto';
import type { DkimAlgorithm } from '@penstock/events';
import {
  RelaxedBody,
  type SignedHeader,
  signatureField,
  signatureInput,
  signedHeader,
  unsignedField,
} from '@penstock/mail';

/** A private key, ready to sign. */
export interface OpenKey {
  readonly selector: string;
  readonly algorithm: DkimAlgorithm;
  readonly key: KeyObject;
}

export interface MessageToSign {
  readonly domain: string;
  readonly keys: readonly OpenKey[];
  /** Whole header lines in CRLF. */
  readonly header: Uint8Array;
  /** base64 */
  readonly bodyHash: string;
  /** Seconds since the epoch. */
  readonly signedAt: number | undefined;
}

/** SHA-256 of the relaxed form of the body, base64. */
export function bodyHash(pieces: readonly Uint8Array[]): string {
  const digest = createHash('sha256');
  const body = new RelaxedBody((bytes) => digest.update(bytes));
  for (const piece of pieces) body.update(piece);
  body.finish();
  return digest.digest('base64');
}

/** The fields, one for each key, as whole header lines. */
export function signatureFields(message: MessageToSign): string {
  const header = signedHeader(message.header);
  return message.keys.map((key) => oneField(message, key, header)).join('');
}

function oneField(message: MessageToSign, key: OpenKey, header: SignedHeader): string {
  const { domain, bodyHash, signedAt } = message;
  const { algorithm, selector } = key;
  const unsigned = unsignedField({ algorithm, domain, selector, signedAt, names: header.names, bodyHash });
  const input = signatureInput(header, unsigned);
  const signature =
    algorithm === 'rsa-sha256'
      ? sign('sha256', input, key.key)
      : // RFC 8463 section 3: the hash is what is signed.
        sign(null, hash('sha256', input, 'buffer'), key.key);
  return signatureField(unsigned, signature.toString('base64'));
}
