/**
 * A message as it travels after DATA: CRLF line ends only, leading dots doubled, closed by the final dot (RFC 5321
 * section 4.5.2); and after BDAT: the same without anything about dots (RFC 3030). A bare CR or LF becomes CRLF, since some receivers take one for a line end and would find a final
 * dot where the sender wrote none.
 */

const LF = 10;
const CR = 13;
const DOT = 46;

const AT_LINE_START = Buffer.from('.\r\n');
const IN_LINE = Buffer.from('\r\n.\r\n');
const AFTER_CR = Buffer.from('\n.\r\n');
const REST_OF_LINE = Buffer.from('\r\n');
const REST_AFTER_CR = Buffer.from('\n');

/** The pieces one after the other, then the final dot; pieces that need no change are handed on as they are. */
export function encodeData(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const encoded: Uint8Array[] = [];
  const previous = encodePieces(pieces, DOT, encoded);
  encoded.push(previous === LF ? AT_LINE_START : previous === CR ? AFTER_CR : IN_LINE);
  return encoded;
}

/** The pieces one after the other, the last line ended as DATA would end it: dots mean nothing after BDAT. */
export function encodeChunk(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const encoded: Uint8Array[] = [];
  const previous = encodePieces(pieces, NOTHING, encoded);
  if (previous !== LF) encoded.push(previous === CR ? REST_AFTER_CR : REST_OF_LINE);
  return encoded;
}

/** What is doubled at the start of a line where nothing is. */
const NOTHING = -1;

/** Answers the last byte of all. */
function encodePieces(pieces: readonly Uint8Array[], doubled: number, encoded: Uint8Array[]): number {
  let previous = LF;
  for (const piece of pieces) {
    if (piece.length === 0) continue;
    encoded.push(isClean(piece, previous, doubled) ? piece : rewrite(piece, previous, doubled));
    previous = lastByte(piece, previous);
  }
  return previous;
}

function lastByte(piece: Uint8Array, previous: number): number {
  return piece[piece.length - 1] ?? previous;
}

/**
 * Whether `piece` can be sent unchanged after the byte `previous`. Searches a string, one character per byte: per line
 * that is several times faster than searching the bytes.
 */
function isClean(piece: Uint8Array, previous: number, doubled: number): boolean {
  const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1');
  let lineStart = 0;
  if (previous === CR) {
    if (text.charCodeAt(0) !== LF) return false;
    lineStart = 1;
  }
  if ((lineStart === 1 || previous === LF) && text.charCodeAt(lineStart) === doubled) return false;
  for (;;) {
    const cr = text.indexOf('\r', lineStart);
    const lf = text.indexOf('\n', lineStart);
    // A CR as the very last byte is judged with the next piece.
    if (cr < 0 || cr === text.length - 1) return lf < 0;
    if (lf !== cr + 1 || text.charCodeAt(lf + 1) === doubled) return false;
    lineStart = lf + 1;
  }
}

function rewrite(piece: Uint8Array, before: number, doubled: number): Uint8Array {
  const out = Buffer.allocUnsafe(piece.length * 2 + 1);
  let length = 0;
  let previous = before;
  for (const byte of piece) {
    if (previous === CR && byte !== LF) {
      out[length++] = LF;
      previous = LF;
    }
    if (byte === LF && previous !== CR) out[length++] = CR;
    if (byte === doubled && previous === LF) out[length++] = doubled;
    out[length++] = byte;
    previous = byte;
  }
  return out.subarray(0, length);
}

/** Bytes of the message itself, as SIZE counts them (RFC 1870): before dot-stuffing. */
export function contentSize(pieces: readonly Uint8Array[]): number {
  let size = 0;
  for (const piece of pieces) size += piece.length;
  return size;
}
