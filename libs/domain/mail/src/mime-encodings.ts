/** Content transfer encodings (RFC 2045 section 6): any bytes as lines that every host takes. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const HEX_DIGITS = new TextEncoder().encode('0123456789ABCDEF');
const BASE64 = new TextEncoder().encode(ALPHABET);
const LINE = 76;
/** What fills a line of base64. */
const LINE_BYTES = (LINE / 4) * 3;
const CR = 13;
const LF = 10;
const TAB = 9;
const SPACE = 32;
const DASH = 45;
const EQUALS = 61;

export function encodeBase64(bytes: Uint8Array): string {
  let encoded = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    encoded += `${ALPHABET[group >> 18]}${ALPHABET[(group >> 12) & 63]}`;
    encoded += i + 1 < bytes.length ? ALPHABET[(group >> 6) & 63] : '=';
    encoded += i + 2 < bytes.length ? ALPHABET[group & 63] : '=';
  }
  return encoded;
}

/** Lines of 76 characters in base64, each ending in CRLF. */
export function encodeBase64Lines(bytes: Uint8Array): Uint8Array {
  const characters = Math.ceil(bytes.length / 3) * 4;
  const out = new Uint8Array(characters + 2 * Math.ceil(characters / LINE));
  let length = 0;
  for (let start = 0; start < bytes.length; start += LINE_BYTES) {
    const end = Math.min(start + LINE_BYTES, bytes.length);
    for (let i = start; i < end; i += 3) {
      const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
      out[length++] = BASE64[group >> 18] as number;
      out[length++] = BASE64[(group >> 12) & 63] as number;
      out[length++] = i + 1 < bytes.length ? (BASE64[(group >> 6) & 63] as number) : EQUALS;
      out[length++] = i + 2 < bytes.length ? (BASE64[group & 63] as number) : EQUALS;
    }
    out[length++] = CR;
    out[length++] = LF;
  }
  return out;
}

/** Whether the text is padded standard base64, once white space is gone. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** Lines of 76 characters, each ending in CRLF. */
export function wrapBase64(encoded: string): string {
  const lines: string[] = [];
  for (let i = 0; i < encoded.length; i += LINE) lines.push(encoded.slice(i, i + LINE));
  return lines.length === 0 ? '' : `${lines.join('\r\n')}\r\n`;
}

/** CR, LF and CRLF alike become CRLF, and the text ends with one. */
export function crlfLines(text: string): string {
  const lines = text.replace(/\r\n|\r|\n/g, '\r\n');
  return lines.endsWith('\r\n') || lines === '' ? lines : `${lines}\r\n`;
}

/**
 * Quoted-printable of UTF-8 bytes whose line ends are CRLF (RFC 2045 section 6.7): lines of 76 characters at most,
 * no white space before a line end.
 */
export function encodeQuotedPrintable(bytes: Uint8Array): Uint8Array {
  // Three characters a byte at worst, and a soft break of three for each 73 of them.
  const out = new Uint8Array(bytes.length * 3 + Math.ceil((bytes.length * 3) / 70) * 3 + 3);
  let length = 0;
  let column = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    // Most bytes by far; what follows would do the same with them, in three times the time.
    if (byte > SPACE && byte < 127 && byte !== EQUALS && column < LINE - 1) {
      out[length++] = byte;
      column++;
      continue;
    }
    if (byte === CR && bytes[i + 1] === LF) {
      out[length++] = CR;
      out[length++] = LF;
      column = 0;
      i++;
      continue;
    }
    const atLineEnd = i + 1 === bytes.length || (bytes[i + 1] === CR && bytes[i + 2] === LF);
    let width = isLiteral(byte, atLineEnd) ? 1 : 3;
    // A line's last character may use column 76; otherwise that one is the soft break's.
    if (column + width > (atLineEnd ? LINE : LINE - 1)) {
      out[length++] = EQUALS;
      out[length++] = CR;
      out[length++] = LF;
      column = 0;
      // A line that begins with `--` where none did before could be taken for the delimiter of a multipart.
      if (byte === DASH) width = 3;
    }
    if (width === 1) {
      out[length++] = byte;
    } else {
      out[length++] = EQUALS;
      out[length++] = HEX_DIGITS[byte >> 4] ?? 0;
      out[length++] = HEX_DIGITS[byte & 15] ?? 0;
    }
    column += width;
  }
  return out.subarray(0, length);
}

function isLiteral(byte: number, atLineEnd: boolean): boolean {
  if (byte === SPACE || byte === TAB) return !atLineEnd;
  return byte > SPACE && byte < 127 && byte !== EQUALS;
}
