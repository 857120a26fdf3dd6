/** Which facts are a receiver's verdict on a recipient's mail, and of what kind. */
import type { AttemptOutcome, Verdict } from '@penstock/events';
import type { CountedOutcome } from './outcome-counts.ts';

/** Of old facts the verdict may be missing. */
type Judged = Pick<AttemptOutcome, 'phase' | 'scope'> & { readonly verdict?: Pick<Verdict, 'cause'> };

const NONE: Pick<Verdict, 'cause'> = { cause: '' };

/** There is no such mailbox, or no such domain: the list is bad. */
const INVALID: ReadonlySet<string> = new Set([
  'user_unknown',
  'bad_address',
  'domain_unknown',
  'mailbox_unavailable',
  'mailbox_disabled',
  'mailbox_moved',
  'null_mx',
  'nxdomain',
  'no_mail_host',
]);

/** Of the sender's making, whatever it was said about. */
const BLOCKED: ReadonlySet<string> = new Set([
  'blocked',
  'domain_blocked',
  'policy',
  'content_rejected',
  'authentication',
  'bad_sender',
  'reverse_dns',
  'throttle_reputation',
]);

/** Said to everybody alike, to see who comes again. */
const GREYLISTED = 'greylisted';
/** How much at a time, not whether it is wanted; unless it is about the sending domain or the content. */
const THROTTLED = /^throttle_/;

/** Decided here, before or beside whatever a receiver would have said. */
const OUR_OWN: ReadonlySet<string> = new Set(['content_damaged', 'content_missing']);

/**
 * What a delivery that bounced adds to; undefined where that was no receiver's verdict: the path, the host, or we
 * ourselves refused it.
 */
export function bounceOutcome(judged: Judged): CountedOutcome | undefined {
  const { scope, verdict: { cause } = NONE } = judged;
  if (!isAnswered(judged) || scope === 'path' || scope === 'host' || OUR_OWN.has(cause)) return undefined;
  if (BLOCKED.has(cause) || scope === 'source' || scope === 'sending_domain') return 'blocked';
  return INVALID.has(cause) ? 'invalid' : 'refused';
}

/** Whether DNS alone said that there is no such recipient: the tenant's list is bad, and no receiver has seen it. */
export function isInvalidByDns({ phase, scope, verdict: { cause } = NONE }: Judged): boolean {
  return phase === 'dns' && scope === 'recipient' && INVALID.has(cause);
}

/** Whether a remote deferral is a verdict on the mail: neither greylisting nor how fast the path may be used. */
export function isPutOff(judged: Judged): boolean {
  const { scope, verdict: { cause } = NONE } = judged;
  if (!isAnswered(judged) || scope === 'path' || scope === 'host' || cause === GREYLISTED) return false;
  return !THROTTLED.test(cause) || scope === 'sending_domain' || scope === 'message';
}

/**
 * From `RCPT` on replies are about recipients and their mail (RFC 5321 section 3.3); before, about the path. The one
 * exception is a `MAIL FROM` refused for its domain's sake.
 */
function isAnswered({ phase, scope }: Judged): boolean {
  if (phase === 'mail') return scope === 'sending_domain';
  return phase === 'rcpt' || phase === 'data' || phase === 'final_dot';
}
