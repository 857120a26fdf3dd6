import type { Verdict } from '@penstock/events';
import { suppressedBy } from '../suppression/address-verdicts.ts';

/** SendGrid's words for why mail was refused, by the cause of our verdict; its default for all others. */
const CLASSIFICATIONS: Readonly<Record<string, string>> = {
  user_unknown: 'Invalid Address',
  bad_sender: 'Technical Failure',
  authentication: 'Technical Failure',
  message_too_big: 'Technical Failure',
  unexpected_reply: 'Technical Failure',
  mailbox_full: 'Mailbox Unavailable',
  content_rejected: 'Content',
  blocked: 'Reputation',
  throttle_reputation: 'Reputation',
  throttle_rate: 'Frequency or Volume Too High',
  throttle_connections: 'Frequency or Volume Too High',
  throttle_recipient: 'Frequency or Volume Too High',
};

export function bounceClassification({ cause }: Verdict): string {
  return CLASSIFICATIONS[cause] ?? 'Unclassified';
}

/** `bounce` is about the address, which is not written to again; everything else was a block. */
export function isInvalidAddress(verdict: Verdict): boolean {
  return suppressedBy(verdict) !== undefined;
}
