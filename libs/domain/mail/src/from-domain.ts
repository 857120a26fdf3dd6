import { headerField } from './dkim/header-block.ts';
import { headerMailboxes } from './header-mailboxes.ts';

const decoder = new TextDecoder();

/**
 * Domain of the first mailbox of the From field, lower case and in A-labels: whose mail this says it is. Undefined where
 * there is none, or none that everybody reads alike.
 *
 * @param header whole header lines in CRLF
 */
export function fromDomain(header: Uint8Array): string | undefined {
  const field = headerField(header, 'from');
  if (!field) return undefined;
  // The line end is the field's, not the value's.
  const value = decoder.decode(header.subarray(field.body, field.end)).trimEnd();
  return headerMailboxes(value)?.[0]?.domain;
}
