import type { SmtpReply } from '@penstock/events';
import { parseReply } from '@penstock/mail';
import type { RawReply } from './reply-reader.ts';

export function isPositive(reply: RawReply): boolean {
  return reply.code >= 200 && reply.code < 300;
}

/** RFC 5321 section 3.8: the host is about to close the connection. */
export function isClosing(reply: RawReply): boolean {
  return reply.code === 421;
}

/** As it is recorded: one line, addresses masked. */
export function recorded(reply: RawReply): SmtpReply {
  return parseReply(reply.lines);
}
