/** A suppressed address at rest: whoever has the secret key can show it, nobody can move it to another tenant. */
import { seal, unseal } from './sealing.ts';

export interface SuppressedRecipient {
  readonly tenant: string;
  /** Keyed hash of the address. */
  readonly recipientHash: string;
}

/**
 * @param key deriveKey(secretKey, 'suppressed-addresses')
 * @param nonce 12 random bytes, never used twice
 */
export function sealAddress(key: Uint8Array, whose: SuppressedRecipient, address: string, nonce: Uint8Array): string {
  return seal(key, Buffer.from(address), aboutOf(whose), nonce);
}

/** @throws UnsealError where it was sealed under another key, or for another tenant or address. */
export function openAddress(key: Uint8Array, whose: SuppressedRecipient, sealed: string): string {
  return Buffer.from(unseal(key, sealed, aboutOf(whose))).toString();
}

function aboutOf({ tenant, recipientHash }: SuppressedRecipient): string {
  return `${tenant}/${recipientHash}`;
}
