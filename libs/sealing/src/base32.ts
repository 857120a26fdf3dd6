/** RFC 4648 section 6 in lower case and without padding. */

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]));

export function base32Encoded(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let heldBits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    heldBits += 8;
    while (heldBits >= 5) {
      heldBits -= 5;
      text += ALPHABET[(held >>> heldBits) & 31];
    }
    held &= 31;
  }
  return heldBits === 0 ? text : text + ALPHABET[(held << (5 - heldBits)) & 31];
}

/** Undefined for other characters, or where bits are left over that are not zero: bytes have one spelling only. */
export function base32Decoded(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array((text.length * 5) >>> 3);
  let length = 0;
  let held = 0;
  let heldBits = 0;
  for (const character of text) {
    const value = VALUES.get(character);
    if (value === undefined) return undefined;
    held = ((held << 5) | value) & 0xfff;
    heldBits += 5;
    if (heldBits >= 8) {
      heldBits -= 8;
      bytes[length++] = held >>> heldBits;
    }
  }
  return heldBits < 5 && (held & ((1 << heldBits) - 1)) === 0 ? bytes : undefined;
}
