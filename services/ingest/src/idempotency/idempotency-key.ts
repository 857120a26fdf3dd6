import { hash } from 'node:crypto';
import { messageIdAt } from '../acceptance/message-id.ts';
import type { Keyed } from '../acceptance/received.ts';

const KEY = /^[\x20-\x7e]{1,255}$/;

/** 1 to 255 printable ASCII characters. */
export function isIdempotencyKey(text: string): boolean {
  return KEY.test(text) && text.trim() !== '';
}

/** The key as it is stored, which tells nobody what it was, with a digest of the parsed request. */
export function keyedRequest(tenant: string, key: string, body: unknown): Keyed {
  return {
    key: hash('sha256', `idempotency-key\u001f${tenant}\u001f${key}`, 'hex').slice(0, 32),
    digest: hash('sha256', JSON.stringify(body) ?? '', 'hex').slice(0, 32),
  };
}

const DAY_MS = 86_400_000;

/**
 * The message id of a keyed submission follows from the key and the day. A key that is used again after it was
 * forgotten means new mail, whose deliveries need ids of their own: that is at least a day later. Two uses on either
 * side of midnight are told apart by the log, not by the id.
 */
export function keyedMessageId({ key }: Keyed, nowMs: number): string {
  const day = Math.floor(nowMs / DAY_MS);
  return messageIdAt(day * DAY_MS, hash('sha256', `message-id\u001f${key}\u001f${day}`, 'buffer'));
}
