import type { Random } from '@penstock/ports';

/** URL-safe, in the order of its characters' codes. */
const ALPHABET = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
/** 42 bits of milliseconds: until the year 2109. */
const TIME_LENGTH = 7;
const RANDOM_LENGTH = 15;

/**
 * 22 URL-safe characters: the time, ms since the epoch, then 90 random bits. Later ids sort after earlier ones, so
 * that whatever is stored by id is written where it was written last.
 */
export function newMessageId(random: Random, nowMs: number): string {
  return messageIdAt(nowMs, random.bytes(RANDOM_LENGTH));
}

/** The id of a time and at least 15 bytes, of each of which six bits are taken. */
export function messageIdAt(atMs: number, bytes: Uint8Array): string {
  let time = '';
  for (let rest = atMs, i = 0; i < TIME_LENGTH; i++, rest = Math.floor(rest / 64)) time = ALPHABET[rest % 64] + time;
  let id = time;
  for (const byte of bytes.subarray(0, RANDOM_LENGTH)) id += ALPHABET[byte & 63];
  return id;
}
