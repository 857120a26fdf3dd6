/**
 * How accepted mail lies in the content store: one shared body, and beside it who gets it. A recipient alone is a blob
 * of its own; several lie together in blobs of many (stored-recipients.ts), and a manifest names those.
 *
 * The message as sent is `head` followed by the body. For mail built here the head holds the header fields and the body
 * blob the MIME headers, the blank line and the content, or a template of it; for submitted mail the head holds the
 * trace header and the body blob the message as it came.
 */
import { renderBodyTemplate } from './body-template.ts';
import { recipientAt } from './stored-recipients.ts';
import type { Substitutions } from './substitutions.ts';

export interface StoredRecipient {
  /** Envelope sender, empty for a null sender. */
  readonly mailFrom: string;
  readonly address: string;
  /** Whole header lines, each ending in CRLF; may be empty. */
  readonly head: string;
  /** Whether body or head hold bytes above 127. */
  readonly eightBit: boolean;
  /** Whether an address or a header needs SMTPUTF8 (RFC 6531). */
  readonly smtpUtf8: boolean;
  /** The sender's own names and values for this delivery; whoever reports on it shows them. Never sent. */
  readonly customArgs?: Readonly<Record<string, string>>;
  /** Values for the tags of the body, which is a template wherever this is present, even if empty. */
  readonly substitutions?: Substitutions;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The blob of a recipient that has one of its own. */
export function encodeRecipient(recipient: StoredRecipient): Uint8Array {
  return encoder.encode(JSON.stringify(recipient));
}

const PLACE = /~([0-9a-z]+)-([0-9a-z]+)$/;

/** Where one recipient lies in a blob of many, as the reference that facts and commands carry. */
export function recipientReference(blob: string, start: number, length: number): string {
  return `${blob}~${start.toString(36)}-${length.toString(36)}`;
}

/** Which blob to get from the content store for a recipient's reference. */
export function recipientBlob(reference: string): string {
  const place = reference.lastIndexOf('~');
  return place < 0 ? reference : reference.slice(0, place);
}

/**
 * The recipient a reference stands for; `blob` is what the store holds under `recipientBlob(reference)`.
 *
 * @throws SyntaxError or TypeError if the blob is not what was stored.
 */
export function readRecipient(blob: Uint8Array, reference: string): StoredRecipient {
  const [, start, length] = PLACE.exec(reference) ?? [];
  if (start !== undefined && length !== undefined) {
    return recipientAt(blob, Number.parseInt(start, 36), Number.parseInt(length, 36));
  }
  return JSON.parse(decoder.decode(blob)) as StoredRecipient;
}

/**
 * What follows the head, in pieces; the same bytes on every attempt. Where the recipient has no substitutions it is
 * the body blob itself, shared by all recipients.
 *
 * @throws SyntaxError or TypeError if a template is not what was stored.
 */
export function bodyFor(recipient: Pick<StoredRecipient, 'substitutions'>, body: Uint8Array): readonly Uint8Array[] {
  return recipient.substitutions === undefined ? [body] : renderBodyTemplate(body, recipient.substitutions);
}

/** The blobs of a submission's recipients, in the order of their indexes. */
export function encodeManifest(blobs: readonly string[]): Uint8Array {
  return encoder.encode(JSON.stringify({ recipients: blobs }));
}

/** @throws SyntaxError or TypeError if the blob is not what `encodeManifest` wrote. */
export function decodeManifest(blob: Uint8Array): readonly string[] {
  const { recipients } = JSON.parse(decoder.decode(blob)) as { readonly recipients?: unknown };
  if (!Array.isArray(recipients)) throw new TypeError('the manifest names no recipients');
  return recipients as readonly string[];
}
