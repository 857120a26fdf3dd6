/** The copies of a checked request: one per recipient, each with the header lines of its personalization. */
import { addressHeader, formatDate, isAscii, rawHeader, textHeader } from '@penstock/mail';
import type { Copy } from '../acceptance/acceptance.ts';
import type { MailSendRequest } from '../mail-send/check-request.ts';
import type { Person } from '../mail-send/people.ts';
import type { Personalization } from '../mail-send/personalizations.ts';

export interface RequestCopies {
  /** Header lines of every copy. */
  readonly head: string;
  readonly messageIdDomain: string;
  readonly copies: readonly Copy[];
}

/** Which header lines all personalizations have in common: those are made and stored once. */
interface Common {
  readonly subject: boolean;
  readonly headers: boolean;
  /** The Date field, for copies that bring none. */
  readonly date: string;
  readonly eightBit: boolean;
}

/**
 * One copy per recipient. Message-ID and Date are fixed at acceptance, so that every attempt sends the same bytes.
 * `nowMs` is wall time, for the Date that people read.
 */
export function copiesOf(request: MailSendRequest, nowMs: number): RequestCopies {
  const { personalizations } = request;
  const [first] = personalizations;
  const subject = personalizations.every((personalization) => personalization.subject === first?.subject);
  const headers = personalizations.every((personalization) => personalization.headers === first?.headers);
  const date = rawHeader('Date', formatDate(nowMs));
  const lines = [people('From', [request.from]), people('Reply-To', request.replyTo)];
  if (first && subject) lines.push(textHeader('Subject', first.subject));
  if (first && headers) lines.push(headerLines(first, date));
  const head = lines.join('');
  const common: Common = { subject, headers, date, eightBit: !isAscii(head) };
  return {
    head,
    messageIdDomain: request.from.mailbox.domain,
    copies: personalizations.flatMap((personalization) => copiesOfOne(request, personalization, common)),
  };
}

function copiesOfOne(request: MailSendRequest, personalization: Personalization, common: Common): readonly Copy[] {
  const { to, cc, bcc, sendAt, customArgs, substitutions, bodyBytes, headers } = personalization;
  const head = ownHead(personalization, common);
  const recipients = cc.length + bcc.length === 0 ? to : [...to, ...cc, ...bcc];
  const eightBit = common.eightBit || !isAscii(head);
  return recipients.map(({ mailbox }) => ({
    mailbox,
    mailFrom: request.from.mailbox.address,
    sendAt,
    eightBit,
    smtpUtf8: eightBit || mailbox.smtpUtf8,
    head,
    sharesHead: recipients.length > 1,
    ownMessageId: headers.has('message-id'),
    ...(customArgs && { customArgs }),
    ...(substitutions && { substitutions }),
    ...(bodyBytes !== undefined && { bodyBytes }),
  }));
}

function ownHead(personalization: Personalization, common: Common): string {
  const { to, cc, subject } = personalization;
  let head = people('To', to) + people('Cc', cc);
  if (!common.subject) head += textHeader('Subject', subject);
  if (!common.headers) head += headerLines(personalization, common.date);
  return head;
}

function headerLines({ headers }: Personalization, date: string): string {
  const own = [...headers.values()].map(({ name, value }) => rawHeader(name, value));
  return (headers.has('date') ? '' : date) + own.join('');
}

function people(field: string, all: readonly Person[]): string {
  if (all.length === 0) return '';
  return addressHeader(
    field,
    all.map(({ mailbox: { address }, name }) => (name === undefined ? { address } : { address, name })),
  );
}

/** Characters of all heads together: what storing a copy for each recipient costs at most beyond the shared body. */
export function headsLength(copies: readonly Copy[]): number {
  return copies.reduce((sum, { head }) => sum + head.length, 0);
}
