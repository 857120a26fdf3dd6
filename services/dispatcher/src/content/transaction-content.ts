import { bodyFor, readRecipient, recipientBlob, type StoredRecipient } from '@penstock/mail';
import {
  ContentDamagedError,
  ContentMissingError,
  type ContentStore,
  type MailTransaction,
  type Telemetry,
} from '@penstock/ports';
import type { PendingAttempt } from '../commands/pending-attempt.ts';
import type { Signatures } from './signatures.ts';

export type LoadedContent =
  | { readonly kind: 'content'; readonly transaction: MailTransaction }
  /** Not there any more, or not what was stored: no try can help. */
  | { readonly kind: 'missing' }
  /** The store has it, and cannot read it. */
  | { readonly kind: 'damaged' }
  /** The store could not answer. */
  | { readonly kind: 'unavailable'; readonly detail: string }
  /** It ought to be signed and cannot be. */
  | { readonly kind: 'unsigned' };

export interface ContentDeps {
  readonly content: ContentStore;
  readonly signatures: Signatures;
  readonly telemetry: Telemetry;
}

const encoder = new TextEncoder();

/** Reads the bytes of an attempt and signs them, which is the last that is done to them. */
export async function loadTransaction(attempt: PendingAttempt, deps: ContentDeps): Promise<LoadedContent> {
  const loaded = await readTransaction(attempt, deps.content);
  return loaded.kind === 'content' ? signed(attempt, loaded, deps) : loaded;
}

interface ReadContent {
  readonly kind: 'content';
  readonly transaction: MailTransaction;
  /** Whether the body is the stored one, which others have too. */
  readonly sharesBody: boolean;
}

async function signed(
  { deliveries }: PendingAttempt,
  { transaction, sharesBody }: ReadContent,
  { signatures, telemetry }: ContentDeps,
): Promise<LoadedContent> {
  const [first] = deliveries;
  if (!first) return { kind: 'missing' };
  const { tenant, messageId, deliveryId } = first;
  const bodyReference = sharesBody ? first.content.body : undefined;
  try {
    const signing = signatures.sign({ tenant, messageId, deliveryId, bodyReference }, transaction.content);
    // Nothing to sign is answered at once, and costs no turn.
    const content = signing instanceof Promise ? await signing : signing;
    return {
      kind: 'content',
      transaction: content === transaction.content ? transaction : { ...transaction, content },
    };
  } catch (error) {
    telemetry.log('error', 'signing_failed', { messageId, tenant, error: String(error) });
    return { kind: 'unsigned' };
  }
}

/** The deliveries of an attempt share the body, the sender and, where they are several, the head. */
async function readTransaction(
  attempt: PendingAttempt,
  content: ContentStore,
): Promise<ReadContent | Exclude<LoadedContent, { kind: 'content' }>> {
  const [first] = attempt.deliveries;
  if (!first) return { kind: 'missing' };
  try {
    const [body, ...blobs] = await Promise.all([
      content.get(first.content.body),
      ...attempt.deliveries.map((delivery) => content.get(recipientBlob(delivery.content.recipient))),
    ]);
    const recipients = blobs.map((blob, i) => readRecipient(blob, attempt.deliveries[i]?.content.recipient ?? ''));
    const sharesBody = recipients[0]?.substitutions === undefined;
    return { kind: 'content', transaction: compose(body, recipients), sharesBody };
  } catch (error) {
    if (error instanceof ContentDamagedError) return { kind: 'damaged' };
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
