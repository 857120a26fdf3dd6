/** Which fields a signature covers, and what is hashed of them (RFC 6376 sections 3.7 and 5.4). */
import { type HeaderField, headerFields, RelaxedHeader } from './header-block.ts';

/**
 * Named once more than they occur: nobody can add another and have it shown while the signature still verifies
 * (RFC 6376 section 8.15).
 */
const OVERSIGNED = [
  'from',
  'to',
  'cc',
  'subject',
  'date',
  'message-id',
  'reply-to',
  'content-type',
  'mime-version',
  'list-unsubscribe',
  'list-unsubscribe-post',
] as const;

/** Signed where they occur. What hosts on the way add or change (Received, Return-Path) is not. */
const SIGNED = [
  'sender',
  'content-transfer-encoding',
  'content-id',
  'content-description',
  'in-reply-to',
  'references',
  'list-id',
  'list-help',
  'list-subscribe',
  'list-post',
  'list-owner',
  'list-archive',
  'feedback-id',
  'auto-submitted',
  'precedence',
  'resent-date',
  'resent-from',
  'resent-sender',
  'resent-to',
  'resent-cc',
  'resent-message-id',
] as const;

export interface SignedHeader {
  /** What `h=` names, in the order in which the fields are hashed. */
  readonly names: readonly string[];
  /** The relaxed form of these fields, each with its CRLF. */
  readonly canonical: Uint8Array;
}

/** The last field of a name is taken first, as a verifier does (RFC 6376 section 5.4.2). */
export function signedHeader(header: Uint8Array): SignedHeader {
  const byName = fieldsByName(header);
  const names: string[] = [];
  const canonical = new RelaxedHeader(header.length);
  const sign = (name: string): void => {
    const fields = byName.get(name) ?? [];
    for (let at = fields.length - 1; at >= 0; at--) {
      names.push(name);
      canonical.add(header, fields[at] as HeaderField);
    }
  };
  for (const name of OVERSIGNED) {
    sign(name);
    names.push(name);
  }
  for (const name of SIGNED) sign(name);
  return { names, canonical: canonical.written };
}

function fieldsByName(header: Uint8Array): ReadonlyMap<string, readonly HeaderField[]> {
  const byName = new Map<string, HeaderField[]>();
  for (const field of headerFields(header)) {
    const fields = byName.get(field.name);
    if (fields) fields.push(field);
    else byName.set(field.name, [field]);
  }
  return byName;
}
