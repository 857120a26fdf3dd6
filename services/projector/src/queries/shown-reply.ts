import type { SmtpReply } from '@penstock/events';
import { maskAddresses } from '@penstock/mail';

/**
 * A reply as people see it. Its writer has masked the addresses before it was stored; whatever writer forgets, an
 * answer shows none.
 */
export function shownReply({ code, enhanced, text }: SmtpReply): SmtpReply {
  return { code, ...(enhanced !== undefined && { enhanced }), text: maskAddresses(text) };
}
