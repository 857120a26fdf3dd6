import { MESSAGE_ID_CHARACTERS, MESSAGE_ID_LENGTH, MESSAGE_ID_TIME_LENGTH } from '@penstock/events';
import type { Random } from '@penstock/ports';

const RANDOM_LENGTH = MESSAGE_ID_LENGTH - MESSAGE_ID_TIME_LENGTH;

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
  for (let rest = atMs, i = 0; i < MESSAGE_ID_TIME_LENGTH; i++, rest = Math.floor(rest / 64)) {
    time = MESSAGE_ID_CHARACTERS[rest % 64] + time;
  }
  let id = time;
  for (const byte of bytes.subarray(0, RANDOM_LENGTH)) id += MESSAGE_ID_CHARACTERS[byte & 63];
  return id;
}
