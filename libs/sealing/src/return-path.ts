/**
 * The envelope sender of a delivery: an address that says which delivery it was, signed, so that a bounce finds its
 * delivery and nobody can make one up. The same for the same delivery, whenever it is asked for.
 *
 * The token is the delivery id packed into bits (length, six bits a character, index and partition), then a truncated
 * HMAC-SHA-256, in base32 of lower-case letters and digits: some hosts lower-case the local part.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { base32Decoded, base32Encoded } from './base32.ts';
import { BitReader, BitWriter } from './bits.ts';

const PREFIX = 'b-';
/** 72 bits: one forgery in 2^72 tries. */
const TAG_BYTES = 9;
/** What base32 turns into 62 characters at most: with the prefix, RFC 5321 section 4.5.3.1.1 allows 64. */
const MAX_TOKEN_BYTES = 38;

/** URL-safe base64's characters in the order of their codes, as message ids use them. */
const CHARACTERS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const CODES = new Map([...CHARACTERS].map((character, code) => [character, code]));
const DELIVERY_ID = /^([A-Za-z0-9_-]{1,64})\.(0|[1-9][0-9]{0,9})\.(0|[1-9][0-9]{0,9})$/;
const LENGTH_BITS = 6;
const CHARACTER_BITS = 6;

/**
 * `b-<token>@host`; the local part has 64 octets at most.
 *
 * @param key deriveKey(secretKey, 'return-path-tokens')
 * @throws RangeError for what is no delivery id, or one whose message id is too long (more than 32 characters)
 */
export function returnPathAddress(key: Uint8Array, deliveryId: string, host: string): string {
  const packed = pack(deliveryId);
  if (packed.length + TAG_BYTES > MAX_TOKEN_BYTES) throw new RangeError('the delivery id is too long for an address');
  const token = new Uint8Array(packed.length + TAG_BYTES);
  token.set(packed);
  token.set(tagOf(key, packed), packed.length);
  return `${PREFIX}${base32Encoded(token)}@${host}`;
}

/** The delivery id in the local part of an address that `returnPathAddress` made under the same key; else undefined. */
export function readReturnPath(key: Uint8Array, localPart: string): string | undefined {
  const text = localPart.toLowerCase();
  if (!text.startsWith(PREFIX)) return undefined;
  const token = base32Decoded(text.slice(PREFIX.length));
  if (!token || token.length <= TAG_BYTES || token.length > MAX_TOKEN_BYTES) return undefined;
  const packed = token.subarray(0, token.length - TAG_BYTES);
  if (!timingSafeEqual(token.subarray(packed.length), tagOf(key, packed))) return undefined;
  return unpack(packed);
}

function tagOf(key: Uint8Array, packed: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(packed).digest().subarray(0, TAG_BYTES);
}

function pack(deliveryId: string): Uint8Array {
  const [, messageId = '', index, partition] = DELIVERY_ID.exec(deliveryId) ?? [];
  if (messageId === '') throw new RangeError('not a delivery id');
  const bits = new BitWriter();
  bits.write(messageId.length - 1, LENGTH_BITS);
  for (const character of messageId) bits.write(CODES.get(character) ?? 0, CHARACTER_BITS);
  bits.writeNumber(Number(index));
  bits.writeNumber(Number(partition));
  return bits.bytes();
}

function unpack(packed: Uint8Array): string | undefined {
  const bits = new BitReader(packed);
  const length = bits.read(LENGTH_BITS) + 1;
  let messageId = '';
  for (let i = 0; i < length; i++) messageId += CHARACTERS[bits.read(CHARACTER_BITS)] ?? '';
  const index = bits.readNumber();
  const partition = bits.readNumber();
  return bits.overrun ? undefined : `${messageId}.${index}.${partition}`;
}
