/** Bodies whose encoding already ought to be 7-bit in short lines, and is not. What they decode to stays the same. */

const LF = 10;
const CR = 13;
const TAB = 9;
const SPACE = 32;
const DASH = 45;
const EQUALS = 61;
const LINE = 76;
const HEX_DIGITS = new TextEncoder().encode('0123456789ABCDEF');

/** Bytes beyond ASCII say nothing in base64 (RFC 2045 section 6.8); long lines are cut into lines of 76. */
export function repairBase64(body: Uint8Array): Uint8Array {
  const out = new Uint8Array(body.length + 2 * Math.ceil(body.length / LINE));
  let length = 0;
  let column = 0;
  for (const byte of body) {
    if (byte > 127) continue;
    if (byte === LF) column = 0;
    else if (byte !== CR && column++ === LINE) {
      out[length++] = CR;
      out[length++] = LF;
      column = 1;
    }
    out[length++] = byte;
  }
  return out.subarray(0, length);
}

/** Escapes what is not ASCII and breaks long lines softly; what is escaped already is never cut. */
export function repairQuotedPrintable(body: Uint8Array): Uint8Array {
  // Three characters a byte at worst, and a soft break for each 73 of them.
  const out = new Uint8Array(body.length * 3 + Math.ceil((body.length * 3) / 70) * 3);
  let length = 0;
  let column = 0;
  let begun = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i] as number;
    if (byte === CR || byte === LF) {
      out[length++] = byte;
      column = 0;
      begun = false;
      continue;
    }
    const escaped = byte === EQUALS && isHex(body[i + 1]) && isHex(body[i + 2]);
    // The soft break that stands there already may use the last column.
    const soft = byte === EQUALS && !escaped && isLineEnd(body, i + 1);
    const raw = !escaped && !soft && mustBeEscaped(byte, begun && column === 0);
    const width = escaped || raw ? 3 : 1;
    if (column + width > LINE - 1 && !soft) {
      out[length++] = EQUALS;
      out[length++] = CR;
      out[length++] = LF;
      column = 0;
      begun = true;
      i--;
      continue;
    }
    if (raw) {
      out[length++] = EQUALS;
      out[length++] = HEX_DIGITS[byte >> 4] as number;
      out[length++] = HEX_DIGITS[byte & 15] as number;
    } else for (let n = 0; n < width; n++) out[length++] = body[i + n] as number;
    if (escaped) i += 2;
    column += width;
  }
  return out.subarray(0, length);
}

/** At the begin of a line that was none before, `--` could be taken for a delimiter. */
function mustBeEscaped(byte: number, beginsLine: boolean): boolean {
  return byte > 126 || (byte < SPACE && byte !== TAB) || byte === EQUALS || (beginsLine && byte === DASH);
}

/** White space before a line end is lost on the way, and so does not count. */
function isLineEnd(body: Uint8Array, start: number): boolean {
  let at = start;
  while (body[at] === SPACE || body[at] === TAB) at++;
  return at >= body.length || body[at] === CR;
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102);
}
