/** A MIME entity (RFC 2045 section 2.4) within the bytes of a message in CRLF lines: its fields and its body. */
import { type HeaderField, headerFields } from '../dkim/header-block.ts';

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const DASH = 45;

export interface Entity {
  /** Whole header lines, without the blank line. */
  readonly header: Uint8Array;
  readonly fields: readonly HeaderField[];
  /** What follows the blank line. */
  readonly body: Uint8Array;
}

/** Undefined where something in the header is no field, or no blank line ends it: readers would differ about it. */
export function readEntity(bytes: Uint8Array): Entity | undefined {
  let at = 0;
  while (bytes[at] !== CR || bytes[at + 1] !== LF) {
    const lineEnd = bytes.indexOf(LF, at);
    if (lineEnd < 0) return undefined;
    at = lineEnd + 1;
  }
  const header = bytes.subarray(0, at);
  const fields = headerFields(header);
  let covered = 0;
  for (const { start, end } of fields) {
    if (start !== covered) return undefined;
    covered = end;
  }
  return covered === at ? { header, fields, body: bytes.subarray(at + 2) } : undefined;
}

const decoder = new TextDecoder();

/** The field's value on one line; undefined where there is none, `ambiguous` where there are several. */
export function soleValue({ header, fields }: Entity, name: string): string | undefined | typeof AMBIGUOUS {
  const [field, ...others] = fields.filter((one) => one.name === name);
  if (!field) return undefined;
  if (others.length > 0) return AMBIGUOUS;
  return decoder
    .decode(header.subarray(field.body, field.end))
    .replace(/\r\n(?=[ \t])/g, '')
    .trim();
}

export const AMBIGUOUS = Symbol('ambiguous');

export interface PartPlace {
  /** Of the part's first byte. */
  readonly start: number;
  /** Behind its last byte: the CRLF before a delimiter belongs to that (RFC 2046 section 5.1.1). */
  readonly end: number;
}

/**
 * Where the parts of a multipart body lie. A delimiter is a whole line, white space apart. Empty where there is none,
 * or one but no part behind it.
 */
export function partPlaces(body: Uint8Array, boundary: string): readonly PartPlace[] {
  const mark = new TextEncoder().encode(`--${boundary}`);
  const parts: PartPlace[] = [];
  let start = -1;
  for (let at = 0; at < body.length; ) {
    const lineEnd = body.indexOf(LF, at) + 1 || body.length;
    const delimiter = delimiterAt(body, at, lineEnd, mark);
    if (delimiter !== 'none') {
      // An empty part ends where it begins.
      if (start >= 0) parts.push({ start, end: Math.max(at - 2, start) });
      if (delimiter === 'close') return parts;
      start = lineEnd;
    }
    at = lineEnd;
  }
  if (start >= 0) parts.push({ start, end: body.length });
  return parts;
}

function delimiterAt(body: Uint8Array, start: number, end: number, mark: Uint8Array): 'none' | 'open' | 'close' {
  if (body[start] !== DASH || end - start < mark.length) return 'none';
  for (let i = 0; i < mark.length; i++) if (body[start + i] !== mark[i]) return 'none';
  const after = start + mark.length;
  if (isBlank(body, after, end)) return 'open';
  return body[after] === DASH && body[after + 1] === DASH && isBlank(body, after + 2, end) ? 'close' : 'none';
}

function isBlank(body: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = body[i];
    if (byte !== SPACE && byte !== TAB && byte !== CR && byte !== LF) return false;
  }
  return true;
}
