/** A message as an SMTP client submitted it: made safe to relay, and looked at no closer than needed. */
import { relayable, repairLineEnds } from '@penstock/mail';
import type { ReceivedContent } from '@penstock/ports';

export interface SubmittedMessage {
  /** In CRLF lines, without the fields that are nobody's business; 7-bit in short lines wherever that may be done. */
  readonly bytes: Uint8Array;
  /** Whether any byte of these is above 127. */
  readonly eightBit: boolean;
  /** Whether a header field holds such a byte: then it needs SMTPUTF8 (RFC 6532). */
  readonly eightBitHeaders: boolean;
  readonly hasMessageId: boolean;
  readonly hasDate: boolean;
  readonly hops: number;
  /** An `X-SMTPAPI` field would change what is sent to whom; it must not be passed over. */
  readonly hasSmtpApi: boolean;
  /** What stands behind the colon in each field of that name (lower case), as it came; UTF-8, else U+FFFD. */
  fieldValues(name: string): readonly string[];
}

const CR = 13;
const LF = 10;
const COLON = 58;
const SPACE = 32;
const TAB = 9;

/**
 * Reads a message received after DATA, dots already unstuffed.
 *
 * @throws UnfoldableHeaderError
 */
export function readSubmitted(received: ReceivedContent): SubmittedMessage {
  const bytes = crlf(received);
  const fields = headerFields(bytes);
  const names = new Map<string, number>();
  for (const { name } of fields.list) names.set(name, (names.get(name) ?? 0) + 1);
  return {
    ...safeOnTheWay(relayed(bytes, fields), received),
    eightBitHeaders: received.eightBit && hasEightBit(bytes.subarray(0, fields.end)),
    hasMessageId: names.has('message-id'),
    hasDate: names.has('date'),
    hops: names.get('received') ?? 0,
    hasSmtpApi: names.has('x-smtpapi'),
    fieldValues: (name) => (names.has(name) ? valuesOf(bytes, fields, name) : []),
  };
}

/** The common message is 7-bit in short lines and not looked at; others are looked at closely. */
function safeOnTheWay(bytes: Uint8Array, { eightBit, longLines }: ReceivedContent) {
  if (!eightBit && !longLines) return { bytes, eightBit };
  const safe = relayable(bytes);
  return { bytes: safe, eightBit: eightBit && hasEightBit(safe) };
}

function hasEightBit(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] as number) > 127) return true;
  return false;
}

/** The common message has whole line ends and is not copied. */
function crlf({ bytes, bareLineEnds }: ReceivedContent): Uint8Array {
  const finished = bytes.length === 0 || bytes[bytes.length - 1] === LF;
  return finished && !bareLineEnds ? bytes : concatenated(repairLineEnds([bytes]));
}

interface Field {
  /** Lower case. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

interface HeaderFields {
  readonly list: readonly Field[];
  /** Where the fields end: at the blank line, or at what is no field. */
  readonly end: number;
  /** Whether a blank line stands there. */
  readonly blankLine: boolean;
}

const decoder = new TextDecoder();

function valuesOf(bytes: Uint8Array, { list }: HeaderFields, wanted: string): readonly string[] {
  return list
    .filter(({ name }) => name === wanted)
    .map(({ start, end }) => decoder.decode(bytes.subarray(bytes.indexOf(COLON, start) + 1, end)).trim());
}

/** No field name of use is longer; a first line without a colon is body. */
const MAX_NAME = 200;

function headerFields(received: Uint8Array): HeaderFields {
  const bytes = Buffer.from(received.buffer, received.byteOffset, received.length);
  const list: { name: string; start: number; end: number }[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at];
    if (first === CR) return { list, end: at, blankLine: true };
    const lineEnd = bytes.indexOf(LF, at) + 1 || bytes.length;
    const previous = list.at(-1);
    if ((first === SPACE || first === TAB) && previous) previous.end = lineEnd;
    else {
      const name = fieldName(bytes, at);
      if (name === undefined) return { list, end: at, blankLine: false };
      list.push({ name, start: at, end: lineEnd });
    }
    at = lineEnd;
  }
  return { list, end: bytes.length, blankLine: false };
}

function fieldName(bytes: Buffer, start: number): string | undefined {
  // A continuation of nothing: it would continue the last of our own fields, which come first.
  if (bytes[start] === SPACE || bytes[start] === TAB) return undefined;
  const limit = Math.min(start + MAX_NAME, bytes.length);
  for (let i = start; i < limit; i++) {
    const byte = bytes[i] as number;
    if (byte === COLON) {
      // White space before the colon is obsolete syntax (RFC 5322 section 4.5) and still read.
      return i === start ? undefined : bytes.toString('latin1', start, i).trimEnd().toLowerCase();
    }
    if ((byte < SPACE && byte !== TAB) || byte > 126) return undefined;
  }
  return undefined;
}

/** Blind copies are blind, and the return path is the final host's to write (RFC 5321 section 4.4). */
const DROPPED = new Set(['bcc', 'resent-bcc', 'return-path']);

function relayed(bytes: Uint8Array, fields: HeaderFields): Uint8Array {
  const dropped = fields.list.filter(({ name }) => DROPPED.has(name));
  if (dropped.length === 0 && fields.blankLine) return bytes;
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const { start, end } of dropped) {
    pieces.push(bytes.subarray(from, start));
    from = end;
  }
  pieces.push(bytes.subarray(from, fields.end));
  // Without it our own fields, which come first, would run into the body.
  if (!fields.blankLine) pieces.push(new Uint8Array([CR, LF]));
  pieces.push(bytes.subarray(fields.end));
  return concatenated(pieces);
}

function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  const [only, ...others] = pieces;
  if (only !== undefined && others.length === 0) return only;
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
