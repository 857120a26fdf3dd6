import { createHmac } from 'node:crypto';

export interface RecipientHash {
  /** 128 bits of HMAC-SHA256 over the lower-cased address, as 32 hex digits: facts carry it instead of the address. */
  readonly hex: string;
  /** Its first 32 bits, which choose the partition. */
  readonly leading: number;
}

/** Keyed, so that nobody without the key can test addresses against the log. */
export function hashRecipient(key: Uint8Array, address: string): RecipientHash {
  const digest = createHmac('sha256', key).update(address.toLowerCase(), 'utf8').digest();
  return { hex: digest.toString('hex', 0, 16), leading: digest.readUInt32BE(0) };
}
