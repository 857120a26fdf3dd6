/**
 * MIME bodies that every host can take: 7-bit throughout (RFC 2045, 2046), so that no relay has to convert them and
 * break a signature. Pure: boundaries are given.
 */
import { isAscii } from './addresses.ts';
import { crlfLines, encodeBase64, encodeQuotedPrintable, wrapBase64 } from './mime-encodings.ts';

/** One way to show the message. */
export interface TextPart {
  /** `type/subtype` without parameters. */
  readonly type: string;
  readonly text: string;
}

export interface Attachment {
  readonly type: string;
  readonly filename: string;
  /** Standard base64 without white space. */
  readonly base64: string;
  readonly disposition: 'attachment' | 'inline';
  /** Without angle brackets. */
  readonly contentId?: string;
}

export interface BodyParts {
  /** Least rich first (RFC 2046 section 5.1.4); at least one. */
  readonly alternatives: readonly TextPart[];
  readonly attachments: readonly Attachment[];
  /** Letters and digits, unpredictable: no text may hold it by intent or accident. */
  readonly boundarySeed: string;
}

/** A stretch of a body: lines as they are sent, or a text that is still to be encoded. */
export type BodyPiece = string | TextPart;

/** An entity: its header lines, the blank line and its content, each line ending in CRLF. */
interface Entity {
  readonly type: string;
  readonly pieces: readonly BodyPiece[];
}

const MEDIA_TYPE = /^[A-Za-z0-9!#$&^_.+-]{1,127}\/[A-Za-z0-9!#$&^_.+-]{1,127}$/;

/** `type/subtype` as RFC 6838 section 4.2 allows them to be named, without parameters. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** MIME headers, the blank line and the content: what follows the headers of each recipient. */
export function buildBody(parts: BodyParts): Uint8Array {
  return encoder.encode(bodyPieces(parts).map(renderPiece).join(''));
}

/** The body in pieces, its texts not yet encoded: what is put into them later decides how. */
export function bodyPieces(parts: BodyParts): readonly BodyPiece[] {
  return ['MIME-Version: 1.0\r\n', ...mixed(parts).pieces];
}

/** The lines of a piece; a text with its header lines, in the transfer encoding it needs. */
export function renderPiece(piece: BodyPiece): string {
  if (typeof piece === 'string') return piece;
  const { type, text } = piece;
  const { encoding, content } = encodeText(crlfLines(text));
  const charset = type.toLowerCase().startsWith('text/') ? '; charset=utf-8' : '';
  return `Content-Type: ${type}${charset}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${content}`;
}

function mixed(parts: BodyParts): Entity {
  const inline = parts.attachments.filter(isRelated);
  const attached = parts.attachments.filter((attachment) => !isRelated(attachment));
  const shown = related(parts, inline);
  if (attached.length === 0) return shown;
  return multipart('mixed', `${parts.boundarySeed}m`, [shown, ...attached.map(attachmentEntity)]);
}

/** What the text refers to by `cid:` travels beside it (RFC 2387). */
function isRelated(attachment: Attachment): boolean {
  return attachment.disposition === 'inline' && attachment.contentId !== undefined;
}

function related(parts: BodyParts, inline: readonly Attachment[]): Entity {
  const [only, ...others] = parts.alternatives.map((part): Entity => ({ type: part.type, pieces: [part] }));
  if (only === undefined) throw new RangeError('a message needs at least one text part');
  const text = others.length === 0 ? only : multipart('alternative', `${parts.boundarySeed}a`, [only, ...others]);
  if (inline.length === 0) return text;
  return multipart('related', `${parts.boundarySeed}r`, [text, ...inline.map(attachmentEntity)], text.type);
}

function multipart(subtype: string, boundaryName: string, entities: readonly Entity[], root?: string): Entity {
  // "=_" can occur neither in quoted-printable nor in base64 (RFC 2045 section 6.7).
  const boundary = `=_${boundaryName}`;
  const rootType = root === undefined ? '' : `;\r\n type="${root}"`;
  const headers = `Content-Type: multipart/${subtype}${rootType};\r\n boundary="${boundary}"\r\n\r\n`;
  const bodies = entities.flatMap(({ pieces }) => [`--${boundary}\r\n`, ...pieces, '\r\n']);
  return { type: `multipart/${subtype}`, pieces: [headers, ...bodies, `--${boundary}--\r\n`] };
}

/** Above this share of bytes beyond ASCII, base64 is shorter than quoted-printable. */
const BASE64_SHARE = 1 / 6;

function encodeText(text: string): { readonly encoding: string; readonly content: string } {
  if (isSevenBit(text)) return { encoding: '7bit', content: text };
  const bytes = encoder.encode(text);
  if (bytes.length - asciiCount(bytes) > bytes.length * BASE64_SHARE) {
    return { encoding: 'base64', content: wrapBase64(encodeBase64(bytes)) };
  }
  return { encoding: 'quoted-printable', content: decoder.decode(encodeQuotedPrintable(bytes)) };
}

const TAB = 9;
const LF = 10;
const CR = 13;
/** RFC 5322 section 2.1.1 */
const MAX_LINE = 998;

/** Printable ASCII in CRLF lines of at most 998, for which no encoding is needed. */
function isSevenBit(lines: string): boolean {
  let column = 0;
  for (let i = 0; i < lines.length; i++) {
    const unit = lines.charCodeAt(i);
    if (unit === CR) continue;
    if (unit === LF) {
      column = 0;
    } else if ((unit < 32 && unit !== TAB) || unit > 126 || ++column > MAX_LINE) {
      return false;
    }
  }
  return true;
}

function asciiCount(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte < 128) count++;
  return count;
}

function attachmentEntity(attachment: Attachment): Entity {
  const contentId = attachment.contentId === undefined ? '' : `Content-ID: <${attachment.contentId}>\r\n`;
  const headers =
    `Content-Type: ${attachment.type}\r\nContent-Transfer-Encoding: base64\r\n${contentId}` +
    `Content-Disposition: ${attachment.disposition}${filenameParameter(attachment.filename)}\r\n`;
  return { type: attachment.type, pieces: [`${headers}\r\n`, wrapBase64(attachment.base64)] };
}

/** Longest value of one parameter piece: its line stays within 78 characters. */
const PIECE = 50;

/** Quoted where plain ASCII does, else extended and continued parameters (RFC 2231). */
function filenameParameter(filename: string): string {
  if (isAscii(filename) && filename.length <= PIECE) {
    return `;\r\n filename="${filename.replace(/["\\]/g, '\\$&')}"`;
  }
  const pieces: string[] = [''];
  for (const character of filename) {
    const encoded = percentEncoded(character);
    const last = pieces.length - 1;
    if ((pieces[last] ?? '').length + encoded.length > PIECE) pieces.push(encoded);
    else pieces[last] += encoded;
  }
  if (pieces.length === 1) return `;\r\n filename*=UTF-8''${pieces[0]}`;
  return pieces.map((piece, i) => `;\r\n filename*${i}*=${i === 0 ? "UTF-8''" : ''}${piece}`).join('');
}

function percentEncoded(character: string): string {
  if (/^[A-Za-z0-9._-]$/.test(character)) return character;
  let encoded = '';
  for (const byte of encoder.encode(character)) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return encoded;
}
