import type { SuppressionReason, Verdict } from '@penstock/events';

/**
 * Refusals of a recipient that may pass, or that say nothing about the address: the mailbox is full or busy, the host
 * is wrongly set up, the recipient takes mail from certain senders only.
 */
const PASSING: ReadonlySet<string> = new Set([
  'mailbox_full',
  'mailbox_unavailable',
  'throttle_recipient',
  'greylisted',
  'relay_denied',
  'list_expansion',
  'routing_loop',
  'policy',
  'refused',
  'smtputf8_unsupported',
  'mx_is_address',
  'mx_not_public',
]);

/** There is nobody to write to in the whole domain. */
const OF_THE_DOMAIN: ReadonlySet<string> = new Set(['domain_unknown', 'null_mx', 'nxdomain', 'no_mail_host']);

/** Why an address should not be written to again after this; undefined where the refusal was about something else. */
export function suppressedBy({ cause, scope, disposition }: Verdict): SuppressionReason | undefined {
  if (scope !== 'recipient' || disposition !== 'bounce' || PASSING.has(cause)) return undefined;
  return OF_THE_DOMAIN.has(cause) ? 'invalid' : 'bounce';
}
