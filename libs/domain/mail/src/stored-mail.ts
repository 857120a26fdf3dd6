/**
 * How accepted mail lies in the content store: one shared body, one small blob per recipient, and for a
 * submission of several recipients a manifest that says what to expand.
 *
 * The message as sent is `head` followed by the body blob. For mail built here the head holds the headers that
 * differ per recipient and the body blob the MIME headers, the blank line and the content; for submitted mail the
 * head holds the trace header and the body blob the message as it came.
 */

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
}

export interface ManifestEntry {
  readonly index: number;
  readonly partition: number;
  readonly domain: string;
  readonly recipientHash: string;
  /** ms since the epoch */
  readonly sendAt: number;
  /** Content reference of the StoredRecipient. */
  readonly recipient: string;
  readonly size: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encodeRecipient(recipient: StoredRecipient): Uint8Array {
  return encoder.encode(JSON.stringify(recipient));
}

/** @throws SyntaxError or TypeError if the blob is not what `encodeRecipient` wrote. */
export function decodeRecipient(blob: Uint8Array): StoredRecipient {
  return JSON.parse(decoder.decode(blob)) as StoredRecipient;
}

export function encodeManifest(entries: readonly ManifestEntry[]): Uint8Array {
  return encoder.encode(JSON.stringify(entries));
}

/** @throws SyntaxError or TypeError if the blob is not what `encodeManifest` wrote. */
export function decodeManifest(blob: Uint8Array): readonly ManifestEntry[] {
  return JSON.parse(decoder.decode(blob)) as readonly ManifestEntry[];
}
