import { bodyFor, readRecipient, recipientBlob, type StoredRecipient } from '@penstock/mail';
import { ContentMissingError, type ContentStore, type MailTransaction } from '@penstock/ports';
import type { PendingAttempt } from '../commands/pending-attempt.ts';

export type LoadedContent =
  | { readonly kind: 'content'; readonly transaction: MailTransaction }
  /** Not there any more, or not what was stored: no try can help. */
  | { readonly kind: 'missing' }
  /** The store could not answer. */
  | { readonly kind: 'unavailable'; readonly detail: string };

const encoder = new TextEncoder();

/** Reads the bytes of an attempt. Its deliveries share the body, the sender and, where they are several, the head. */
export async function loadTransaction(attempt: PendingAttempt, content: ContentStore): Promise<LoadedContent> {
  const [first] = attempt.deliveries;
  if (!first) return { kind: 'missing' };
  try {
    const [body, ...blobs] = await Promise.all([
      content.get(first.content.body),
      ...attempt.deliveries.map((delivery) => content.get(recipientBlob(delivery.content.recipient))),
    ]);
    const recipients = blobs.map((blob, i) => readRecipient(blob, attempt.deliveries[i]?.content.recipient ?? ''));
    return { kind: 'content', transaction: compose(body, recipients) };
  } catch (error) {
    const missing = error instanceof ContentMissingError || error instanceof SyntaxError || error instanceof TypeError;
    return missing ? { kind: 'missing' } : { kind: 'unavailable', detail: String(error) };
  }
}

function compose(body: Uint8Array, recipients: readonly StoredRecipient[]): MailTransaction {
  const [first] = recipients;
  if (!first) throw new TypeError('an attempt without recipients');
  const pieces = bodyFor(first, body);
  return {
    mailFrom: first.mailFrom,
    recipients: recipients.map(({ address }) => address),
    content: first.head === '' ? pieces : [encoder.encode(first.head), ...pieces],
    eightBit: first.eightBit,
    smtpUtf8: recipients.some(({ smtpUtf8 }) => smtpUtf8),
  };
}
