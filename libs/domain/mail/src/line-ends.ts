/**
 * A message in CRLF lines. A bare CR or LF would end a line for some receivers and not for others, so each becomes
 * CRLF, and the last line gets its end. What is signed is signed after this: it is what the receiver reads.
 */

const LF = 10;
const CR = 13;

/** The pieces one after the other in CRLF lines. Pieces that need no change are handed on as they are. */
export function repairLineEnds(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const repaired: Uint8Array[] = [];
  let previous = LF;
  for (const piece of pieces) {
    if (piece.length === 0) continue;
    repaired.push(isClean(piece, previous) ? piece : rewritten(piece, previous));
    previous = piece[piece.length - 1] as number;
  }
  if (previous === CR) repaired.push(LINE_FEED);
  else if (previous !== LF) repaired.push(LINE_END);
  return repaired;
}

const LINE_FEED = new Uint8Array([LF]);
const LINE_END = new Uint8Array([CR, LF]);

/** One character per byte, which is all that matters here. */
const decoder = new TextDecoder('latin1');

/**
 * Whether `piece` can stay as it is after the byte `previous`. A CR as its last byte is judged with the next piece.
 * Searches a string: per line that is several times faster than searching the bytes.
 */
function isClean(piece: Uint8Array, previous: number): boolean {
  if (previous === CR && piece[0] !== LF) return false;
  const text = decoder.decode(piece);
  let lineStart = previous === CR ? 1 : 0;
  for (;;) {
    const cr = text.indexOf('\r', lineStart);
    const lf = text.indexOf('\n', lineStart);
    if (cr < 0 || cr === text.length - 1) return lf < 0;
    if (lf !== cr + 1) return false;
    lineStart = lf + 1;
  }
}

function rewritten(piece: Uint8Array, before: number): Uint8Array {
  const out = new Uint8Array(piece.length * 2 + 1);
  let length = 0;
  let previous = before;
  for (const byte of piece) {
    if (previous === CR && byte !== LF) {
      out[length++] = LF;
      previous = LF;
    }
    if (byte === LF && previous !== CR) out[length++] = CR;
    out[length++] = byte;
    previous = byte;
  }
  return out.slice(0, length);
}
