/** Header lines that no host may break for want of room (RFC 5322 sections 2.1.1 and 2.2.3). */

const TAB = 9;
const LF = 10;
const SPACE = 32;
const MAX_LINE = 998;
const LINE_END = new Uint8Array([13, 10]);

/** A header line over 998 octets has no white space where it could be folded. */
export class UnfoldableHeaderError extends Error {
  override readonly name = 'UnfoldableHeaderError';
}

/**
 * Appends whole header lines to `out`, those over 998 octets folded before white space, which changes no value.
 *
 * @throws UnfoldableHeaderError
 */
export function foldHeader(header: Uint8Array, out: Uint8Array[]): void {
  let kept = 0;
  for (let start = 0; start < header.length; ) {
    const lineEnd = header.indexOf(LF, start) + 1 || header.length;
    if (lineEnd - 2 - start > MAX_LINE) {
      out.push(header.subarray(kept, start));
      foldLine(header.subarray(start, lineEnd - 2), out);
      kept = lineEnd;
    }
    start = lineEnd;
  }
  out.push(header.subarray(kept));
}

function foldLine(line: Uint8Array, out: Uint8Array[]): void {
  let end = line.length;
  while (end > 0 && isBlank(line[end - 1])) end--;
  let start = 0;
  while (end - start > MAX_LINE) {
    let at = start + MAX_LINE;
    while (at > start && !isBlank(line[at])) at--;
    // The first of several blanks, so that none is left at the end of a line, where hosts take them away.
    while (at > start && isBlank(line[at - 1])) at--;
    // A line of white space alone would end the header for some readers.
    if (at === start) throw new UnfoldableHeaderError('a header line over 998 octets has no place to fold it');
    out.push(line.subarray(start, at), LINE_END);
    start = at;
  }
  out.push(line.subarray(start, end), LINE_END);
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
