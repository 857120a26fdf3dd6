import type { Processed, Received } from '@penstock/events';
import { type ListedRecipient, listRecipients, recipientReference } from '@penstock/mail';
import { type AcceptedMessage, processedFact } from '../acceptance/processed.ts';

/** A blob of recipients, with the reference it lies under. */
export interface RecipientsBlob {
  readonly reference: string;
  readonly bytes: Uint8Array;
}

/** The `processed` facts of the recipients in a blob. */
export function* expanded(record: Received, blob: RecipientsBlob): Generator<Processed> {
  const message = acceptedMessage(record);
  for (const recipient of listRecipients(blob.bytes)) yield processedFact(message, recipient, place(blob, recipient));
}

function place({ reference }: RecipientsBlob, { start, length }: ListedRecipient): string {
  return recipientReference(reference, start, length);
}

function acceptedMessage(record: Received): AcceptedMessage {
  const { messageId, tenant, traceparent, body } = record;
  if (messageId === undefined || tenant === undefined)
    throw new Error(`received ${record.id} names no message or tenant`);
  return {
    messageId,
    tenant,
    ...(traceparent === undefined ? {} : { traceparent }),
    class: body.class,
    pool: body.pool,
    acceptedAt: body.acceptedAt,
    protocol: body.protocol,
    ...(body.categories === undefined ? {} : { categories: body.categories }),
    ...(body.bypass === undefined ? {} : { bypass: body.bypass }),
    body: body.body,
    expanded: true,
  };
}
