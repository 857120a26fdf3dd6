/** Encoded words (RFC 2047): text beyond ASCII in a header, cut between characters. */
import { encodeBase64 } from './mime-encodings.ts';

/** RFC 2047 section 2: an encoded word has 75 characters at most. */
const MAX_WORD = 75;
const PREFIX_LENGTH = '=?UTF-8?Q?'.length;
const SUFFIX_LENGTH = '?='.length;
const ROOM = MAX_WORD - PREFIX_LENGTH - SUFFIX_LENGTH;
/** The first word shares its line with the field's name: 76 characters are kept where that is possible. */
const FIRST_LINE = 76;

/** Safe in every place an encoded word may stand, phrases included (RFC 2047 section 5, rule 3). */
const Q_LITERAL = /^[A-Za-z0-9!*+/-]$/;

const encoder = new TextEncoder();
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'));

/** The words; they are joined by one blank, or folded, and readers drop what stands between. */
export function encodedWords(text: string, firstLineUsed: number): readonly string[] {
  const characters = Array.from(text);
  const literal = characters.filter((character) => character === ' ' || Q_LITERAL.test(character)).length;
  const room = Math.max(ROOM / 2, Math.min(ROOM, FIRST_LINE - firstLineUsed - PREFIX_LENGTH - SUFFIX_LENGTH));
  return literal * 2 >= characters.length ? qWords(characters, room) : bWords(characters, room);
}

function qWords(characters: readonly string[], firstRoom: number): readonly string[] {
  const words: string[] = [];
  let current = '';
  for (const character of characters) {
    const encoded = encodeQ(character);
    if (current.length + encoded.length > (words.length === 0 ? firstRoom : ROOM)) {
      words.push(`=?UTF-8?Q?${current}?=`);
      current = '';
    }
    current += encoded;
  }
  return [...words, `=?UTF-8?Q?${current}?=`];
}

function encodeQ(character: string): string {
  if (character === ' ') return '_';
  if (Q_LITERAL.test(character)) return character;
  let encoded = '';
  for (const byte of encoder.encode(character)) encoded += `=${HEX[byte]}`;
  return encoded;
}

function bWords(characters: readonly string[], firstRoom: number): readonly string[] {
  const words: string[] = [];
  let current = '';
  let bytes = 0;
  for (const character of characters) {
    const size = encoder.encode(character).length;
    // Base64 spends four characters on each begun group of three bytes.
    if (Math.ceil((bytes + size) / 3) * 4 > (words.length === 0 ? firstRoom : ROOM)) {
      words.push(`=?UTF-8?B?${encodeBase64(encoder.encode(current))}?=`);
      current = '';
      bytes = 0;
    }
    current += character;
    bytes += size;
  }
  return [...words, `=?UTF-8?B?${encodeBase64(encoder.encode(current))}?=`];
}
