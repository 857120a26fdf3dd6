import type { Random } from '@penstock/ports';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const LENGTH = 22;

/** 132 random bits in 22 URL-safe characters. */
export function newMessageId(random: Random): string {
  let id = '';
  for (const byte of random.bytes(LENGTH)) id += ALPHABET[byte & 63];
  return id;
}
