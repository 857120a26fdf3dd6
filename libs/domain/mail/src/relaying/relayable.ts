/**
 * Mail made elsewhere in a form that every host on the way leaves alone: 7-bit, in lines of 998 octets at most. A host
 * that had to break a line (RFC 5321 section 4.5.3.1.6) or to convert 8-bit text for one without 8BITMIME (RFC 6152
 * section 3) would break the signature (RFC 6376 section 5.3).
 */

import { joined } from '../dkim/header-block.ts';
import { encodeBase64Lines, encodeQuotedPrintable } from '../mime-encodings.ts';
import { type ContentKind, contentKind, isDigest, type TransferEncoding, transferEncoding } from './content-fields.ts';
import { type Entity, partPlaces, readEntity, soleValue } from './entity.ts';
import { foldHeader } from './header-folding.ts';
import { repairBase64, repairQuotedPrintable } from './transfer-repair.ts';

export { UnfoldableHeaderError } from './header-folding.ts';

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const EQUALS = 61;
const MAX_LINE = 998;
/** Multiparts within multiparts; below that nothing is changed. */
const MAX_DEPTH = 10;
/** Above this share of bytes to escape, base64 is shorter than quoted-printable. */
const BASE64_SHARE = 1 / 6;

const encoder = new TextEncoder();
const BLANK_LINE = encoder.encode('\r\n');

/**
 * Takes a message in CRLF lines whose header ends in a blank line. Text becomes quoted-printable or base64, anything
 * else base64. What is signed, sealed, a message itself, or not understood stays as it is; so does the body of mail
 * that bears a signature already.
 *
 * @throws UnfoldableHeaderError
 */
export function relayable(message: Uint8Array): Uint8Array {
  const entity = readEntity(message);
  if (!entity) return message;
  const pieces: Uint8Array[] = [];
  if (entity.fields.some(({ name }) => name === 'dkim-signature' || name.startsWith('arc-'))) {
    writeHeader(entity.header, pieces);
    pieces.push(entity.body);
  } else writeEntity(entity, { top: true, depth: 0, fallback: { kind: 'text' } }, pieces);
  return joined(pieces);
}

interface Place {
  readonly top: boolean;
  readonly depth: number;
  /** What an entity is that does not say so. */
  readonly fallback: ContentKind;
}

function writeEntity(entity: Entity, place: Place, out: Uint8Array[]): void {
  const content = contentKind(entity, place.fallback);
  const encoding = transferEncoding(entity);
  if (content.kind === 'multipart' && encoding === 'identity' && place.depth < MAX_DEPTH) {
    writeMultipart(entity, content.boundary, place, out);
  } else if (content.kind === 'multipart' || content.kind === 'whole' || isRelayable(entity.body)) {
    writeHeader(entity.header, out, content.kind === 'whole' && !place.top);
    out.push(entity.body);
  } else writeLeaf(entity, content.kind, encoding, place.top, out);
}

/** Whose header lies within what is signed or sealed is not touched there either. */
function writeHeader(header: Uint8Array, out: Uint8Array[], untouched = false): void {
  if (untouched) out.push(header);
  else foldHeader(header, out);
  out.push(BLANK_LINE);
}

function writeLeaf(
  entity: Entity,
  kind: 'text' | 'other',
  encoding: TransferEncoding,
  top: boolean,
  out: Uint8Array[],
): void {
  const { body } = entity;
  switch (encoding) {
    case 'identity': {
      const quoted = kind === 'text' && escapedCount(body) <= body.length * BASE64_SHARE;
      writeChanged(entity, quoted ? 'quoted-printable' : 'base64', top, out);
      out.push(quoted ? encodeQuotedPrintable(body) : encodeBase64Lines(body));
      return;
    }
    case 'quoted-printable':
    case 'base64':
      writeHeader(entity.header, out);
      out.push(encoding === 'base64' ? repairBase64(body) : repairQuotedPrintable(body));
      return;
    case 'unknown':
      writeHeader(entity.header, out);
      out.push(body);
  }
}

const ENCODING = 'content-transfer-encoding';

/** The header with another transfer encoding; at the top also with what makes it MIME. */
function writeChanged(entity: Entity, encoding: string, top: boolean, out: Uint8Array[]): void {
  const { header, fields } = entity;
  const pieces: Uint8Array[] = [];
  for (const { name, start, end } of fields) if (name !== ENCODING) pieces.push(header.subarray(start, end));
  if (top && soleValue(entity, 'mime-version') === undefined) pieces.push(encoder.encode('MIME-Version: 1.0\r\n'));
  if (top && soleValue(entity, 'content-type') === undefined) {
    pieces.push(encoder.encode(`Content-Type: text/plain; charset=${charsetOf(entity.body)}\r\n`));
  }
  pieces.push(encoder.encode(`Content-Transfer-Encoding: ${encoding}\r\n`));
  writeHeader(joined(pieces), out);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Of text that says nothing about itself; RFC 1428 section 3 has a name for what nobody knows. */
function charsetOf(text: Uint8Array): string {
  if (isAscii(text)) return 'us-ascii';
  try {
    utf8.decode(text);
    return 'utf-8';
  } catch {
    return 'unknown-8bit';
  }
}

function writeMultipart(entity: Entity, boundary: string, { top, depth }: Place, out: Uint8Array[]): void {
  const { body } = entity;
  const parts = partPlaces(body, boundary);
  const fallback: ContentKind = { kind: isDigest(entity) ? 'whole' : 'text' };
  const changed: Uint8Array[] = [];
  let written = 0;
  for (const { start, end } of parts) {
    const between = body.subarray(written, start);
    changed.push(written > 0 || isRelayable(between) ? between : withoutPreamble(between));
    const part = readEntity(body.subarray(start, end));
    if (part) writeEntity(part, { top: false, depth: depth + 1, fallback }, changed);
    else changed.push(body.subarray(start, end));
    written = end;
  }
  const rest = body.subarray(written);
  changed.push(parts.length === 0 || isRelayable(rest) ? rest : withoutEpilogue(rest));
  if (saysEightBit(entity) && changed.every(isAscii)) writeChanged(entity, '7bit', top, out);
  else writeHeader(entity.header, out);
  for (const piece of changed) out.push(piece);
}

function saysEightBit(entity: Entity): boolean {
  return /8bit|binary/i.test(String(soleValue(entity, ENCODING)));
}

/** What stands before the first delimiter is nobody's to read (RFC 2046 section 5.1.1). */
function withoutPreamble(between: Uint8Array): Uint8Array {
  return between.subarray(between.lastIndexOf(LF, between.length - 2) + 1);
}

/** Nor is what stands behind the last. */
function withoutEpilogue(rest: Uint8Array): Uint8Array {
  // The CRLF before a delimiter belongs to it; behind an empty part it is the one of the delimiter before.
  const lineStart = rest[0] === CR ? 2 : 0;
  return rest.subarray(0, rest.indexOf(LF, lineStart) + 1 || rest.length);
}

function isRelayable(bytes: Uint8Array): boolean {
  return isAscii(bytes) && !hasLongLine(bytes);
}

/** A loop: `every` takes five times as long. */
function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] as number) > 127) return false;
  return true;
}

function hasLongLine(bytes: Uint8Array): boolean {
  let start = 0;
  for (let lf = bytes.indexOf(LF); lf >= 0; lf = bytes.indexOf(LF, start)) {
    if (lf - 1 - start > MAX_LINE) return true;
    start = lf + 1;
  }
  return bytes.length - start > MAX_LINE;
}

/** How many bytes quoted-printable would write as three characters. */
function escapedCount(bytes: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte > 126 || byte === EQUALS || (byte < SPACE && !isBreak(byte))) count++;
  }
  return count;
}

function isBreak(byte: number): boolean {
  return byte === CR || byte === LF || byte === TAB;
}
