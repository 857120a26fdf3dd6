import { headerMailboxes } from '@penstock/mail';
import { foreignDomainText } from '../senders/message-authors.ts';
import type { SenderRules } from '../senders/sender-rules.ts';
import type { MailSendRequest } from './check-request.ts';
import { type Problem, shortened } from './problems.ts';

export type RequestVerdict =
  | { readonly ok: true; readonly returnPath?: string }
  | { readonly ok: false; readonly problem: Problem };

/** Whether the tenant may send as the request's From, and as the Sender of its headers, and where bounces go then. */
export function judgeRequest(rules: SenderRules, tenant: string, request: MailSendRequest): RequestVerdict {
  if (!rules.concern(tenant)) return { ok: true };
  const { domain } = request.from.mailbox;
  if (!rules.maySendFrom(tenant, domain)) return refused('from.email', foreignDomainText(domain));
  for (const { headers } of request.personalizations) {
    const sender = headers.get('sender');
    const wrong = sender && wrongSender(rules, tenant, sender.value);
    if (wrong !== undefined) return refused(`headers.${sender?.name}`, wrong);
  }
  const returnPath = rules.returnPath(tenant, domain);
  return returnPath === undefined ? { ok: true } : { ok: true, returnPath };
}

function wrongSender(rules: SenderRules, tenant: string, value: string): string | undefined {
  const mailboxes = headerMailboxes(value);
  if (!mailboxes) return rules.restrict(tenant) ? 'must be one address' : undefined;
  const foreign = mailboxes.find((mailbox) => !rules.maySendFrom(tenant, mailbox.domain));
  return foreign && foreignDomainText(foreign.domain);
}

function refused(field: string, message: string): RequestVerdict {
  return { ok: false, problem: { field, message: `${shortened(field)} ${message}.`, help: null } };
}
