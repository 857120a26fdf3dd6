/** The header of a message as signing needs it: where its fields are, and their relaxed form. Bytes, never characters. */

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;

export interface SplitMessage {
  /** Whole header lines in CRLF, without the blank line that ends them. */
  readonly header: Uint8Array;
  /** What follows the blank line, in pieces. */
  readonly body: readonly Uint8Array[];
}

/** Takes a message in CRLF lines apart at its blank line. One that has none is all header. */
export function splitMessage(pieces: readonly Uint8Array[]): SplitMessage {
  const headers: Uint8Array[] = [];
  let last = LF;
  for (const [index, piece] of pieces.entries()) {
    // Cut within a line end: it has to be seen whole.
    if (last === CR) return splitMessage([joined(pieces)]);
    const end = headerEnd(piece, last === LF);
    if (end >= 0) {
      headers.push(piece.subarray(0, end));
      return { header: joined(headers), body: [piece.subarray(end + 2), ...pieces.slice(index + 1)] };
    }
    headers.push(piece);
    last = piece.at(-1) ?? last;
  }
  return { header: joined(headers), body: [] };
}

/** Where the blank line begins; -1 where there is none. */
function headerEnd(piece: Uint8Array, atLineStart: boolean): number {
  if (atLineStart && piece[0] === CR && piece[1] === LF) return 0;
  for (let lf = piece.indexOf(LF); lf >= 0; lf = piece.indexOf(LF, lf + 1)) {
    if (piece[lf + 1] === CR && piece[lf + 2] === LF) return lf + 1;
  }
  return -1;
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only, ...others] = pieces;
  if (only && others.length === 0) return only;
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** One field, its continuation lines included. */
export interface HeaderField {
  /** Lower case. */
  readonly name: string;
  readonly start: number;
  /** Where its body begins, behind the colon. */
  readonly body: number;
  /** Behind its last CRLF. */
  readonly end: number;
}

/** The fields in their order; lines that belong to none are passed over. */
export function headerFields(header: Uint8Array): readonly HeaderField[] {
  const fields: HeaderField[] = [];
  for (let start = 0; start < header.length; ) {
    const end = fieldEnd(header, start);
    const colon = header.indexOf(COLON, start);
    if (colon > start && colon < end)
      fields.push({ name: fieldName(header, start, colon), start, body: colon + 1, end });
    start = end;
  }
  return fields;
}

/** The first field of that name, which is in lower case: cheaper than all of them. */
export function headerField(header: Uint8Array, name: string): HeaderField | undefined {
  for (let start = 0; start < header.length; ) {
    const end = fieldEnd(header, start);
    if (hasName(header, start, name)) {
      const colon = header.indexOf(COLON, start);
      if (colon < end && fieldName(header, start, colon) === name) return { name, start, body: colon + 1, end };
    }
    start = end;
  }
  return undefined;
}

/** Whether what stands there begins with the name. */
function hasName(header: Uint8Array, start: number, name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    if (((header[start + at] ?? 0) | LOWER_CASE) !== name.charCodeAt(at)) return false;
  }
  return true;
}

/** Set in a lower-case letter of ASCII, not in an upper-case one. */
const LOWER_CASE = 0x20;

function fieldEnd(header: Uint8Array, start: number): number {
  let end = start;
  do end = header.indexOf(LF, end) + 1 || header.length;
  while (end < header.length && (header[end] === SPACE || header[end] === TAB));
  return end;
}

function fieldName(header: Uint8Array, start: number, colon: number): string {
  let end = colon;
  // White space before the colon is obsolete syntax (RFC 5322 section 4.5) and no part of the name.
  while (end > start && isWhiteSpace(header[end - 1] as number)) end--;
  let name = '';
  for (let at = start; at < end; at++) name += String.fromCharCode(header[at] as number);
  return name.toLowerCase();
}

function isWhiteSpace(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === CR || byte === LF;
}

/** Writes the relaxed form of fields (RFC 6376 section 3.4.2) one after the other. */
export class RelaxedHeader {
  private bytes: Uint8Array;
  private length = 0;

  /** @param room bytes expected; more is no error */
  constructor(room: number) {
    this.bytes = new Uint8Array(room);
  }

  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** Adds one field of the header, with its CRLF. */
  add(header: Uint8Array, field: HeaderField): void {
    this.reserve(field.name.length + 3 + field.end - field.body);
    this.addName(field.name);
    let space = false;
    let begun = false;
    for (let at = field.body; at < field.end; at++) {
      const byte = header[at] as number;
      if (isWhiteSpace(byte)) space = true;
      else {
        if (space && begun) this.bytes[this.length++] = SPACE;
        space = false;
        begun = true;
        this.bytes[this.length++] = byte;
      }
    }
    this.bytes[this.length++] = CR;
    this.bytes[this.length++] = LF;
  }

  private addName(name: string): void {
    for (let at = 0; at < name.length; at++) this.bytes[this.length++] = name.charCodeAt(at);
    this.bytes[this.length++] = COLON;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array((this.length + more) * 2);
    larger.set(this.written);
    this.bytes = larger;
  }
}
