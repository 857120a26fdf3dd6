import type { Verdict } from '@penstock/events';
import type { Cause } from '@penstock/mail';
import { suppressedBy } from '../suppression/address-verdicts.ts';

/** SendGrid's words for why mail was refused, by the cause of our verdict; its default for all others. */
const CLASSIFICATIONS: Readonly<Record<string, string>> = {
  // Decided here, where DNS or the size told before any receiver could.
  nxdomain: 'Invalid Address',
  no_mail_host: 'Invalid Address',
  too_big: 'Technical Failure',
  ...classified('Invalid Address', ['user_unknown', 'bad_address', 'domain_unknown', 'mailbox_moved', 'null_mx']),
  ...classified('Mailbox Unavailable', ['mailbox_full', 'mailbox_disabled', 'mailbox_unavailable']),
  ...classified('Content', ['content_rejected']),
  ...classified('Reputation', ['blocked', 'domain_blocked', 'throttle_reputation']),
  ...classified('Frequency or Volume Too High', [
    ...(['throttle_rate', 'throttle_connections', 'throttle_recipient', 'throttle_quota'] as const),
    ...(['connection_spent', 'too_many_recipients'] as const),
  ]),
  ...classified('Technical Failure', [
    ...(['bad_sender', 'authentication', 'reverse_dns', 'tls_required', 'credentials', 'protocol'] as const),
    ...(['message_too_big', 'conversion', 'smtputf8_unsupported', 'unsupported_feature'] as const),
    ...(['relay_denied', 'routing', 'routing_loop', 'system_problem', 'system_full', 'unexpected_reply'] as const),
  ]),
};

function classified(name: string, causes: readonly Cause[]): Readonly<Record<string, string>> {
  return Object.fromEntries(causes.map((cause) => [cause, name]));
}

export function bounceClassification({ cause }: Verdict): string {
  return CLASSIFICATIONS[cause] ?? 'Unclassified';
}

/** `bounce` is about the address, which is not written to again; everything else was a block. */
export function isInvalidAddress(verdict: Verdict): boolean {
  return suppressedBy(verdict) !== undefined;
}
