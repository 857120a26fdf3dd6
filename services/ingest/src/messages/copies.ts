/** The copies of a checked request: one per recipient, each with the header block of its personalization. */
import { addressHeader, formatDate, isAscii, messageIdHeader, rawHeader, textHeader } from '@penstock/mail';
import type { Copy } from '../acceptance/acceptance.ts';
import type { MailSendRequest } from '../mail-send/check-request.ts';
import type { Person } from '../mail-send/people.ts';
import type { Personalization } from '../mail-send/personalizations.ts';

/**
 * One copy per recipient. Message-ID and Date are fixed here, so that every attempt sends the same bytes.
 *
 * The envelope sender is the From address; a signed return path per delivery needs a domain that is ours to
 * receive bounces, which tenants cannot name yet.
 */
export function copiesOf(request: MailSendRequest, acceptedAt: number): readonly Copy[] {
  const date = rawHeader('Date', formatDate(acceptedAt));
  return request.personalizations.flatMap((personalization) => copiesOfOne(request, personalization, date));
}

function copiesOfOne(request: MailSendRequest, personalization: Personalization, date: string): readonly Copy[] {
  const { to, cc, bcc, sendAt, customArgs, headers } = personalization;
  const shared = sharedHead(request, personalization, headers.has('date') ? '' : date);
  const sender = request.from.mailbox;
  const eightBit = !isAscii(shared);
  return [...to, ...cc, ...bcc].map(({ mailbox }) => ({
    mailbox,
    mailFrom: sender.address,
    sendAt,
    eightBit,
    smtpUtf8: eightBit || mailbox.smtpUtf8,
    ...(customArgs === undefined ? {} : { customArgs }),
    head: (deliveryId: string) =>
      headers.has('message-id') ? shared : shared + messageIdHeader(deliveryId, sender.domain),
  }));
}

function sharedHead(request: MailSendRequest, personalization: Personalization, date: string): string {
  const { to, cc, subject, headers } = personalization;
  const own = [...headers.values()].map(({ name, value }) => rawHeader(name, value));
  return [
    people('From', [request.from]),
    people('To', to),
    people('Cc', cc),
    people('Reply-To', request.replyTo),
    textHeader('Subject', subject),
    date,
    ...own,
  ].join('');
}

function people(field: string, all: readonly Person[]): string {
  if (all.length === 0) return '';
  const mailboxes = all.map(({ mailbox, name }) => ({
    address: mailbox.address,
    ...(name === undefined ? {} : { name }),
  }));
  return addressHeader(field, mailboxes);
}

/** Characters of all heads together: what storing a copy for each recipient costs beyond the shared body. */
export function headsLength(copies: readonly Copy[]): number {
  // Long enough for any delivery id: only the order of magnitude matters.
  return copies.reduce((sum, copy) => sum + copy.head('x'.repeat(40)).length, 0);
}
