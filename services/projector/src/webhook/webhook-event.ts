import type { AttemptOutcome, Fact, SmtpReply, SuppressionReason, WebhookEventName } from '@penstock/events';
import { bounceClassification, isInvalidAddress } from './bounce-classification.ts';

/** Whom a delivery is for, as far as it is still known. */
export interface DeliveryRecipient {
  /** Absent where the content is gone. */
  readonly email?: string;
  readonly recipientHash?: string;
  readonly domain?: string;
  readonly pool?: string;
  readonly categories?: readonly string[];
  readonly customArgs?: Readonly<Record<string, string>>;
}

/** What SendGrid calls it, or undefined for facts that only we have. */
export function webhookEventName(fact: Fact): WebhookEventName | undefined {
  switch (fact.type) {
    case 'processed':
    case 'deferred':
    case 'delivered':
      return fact.type;
    case 'bounced':
      return 'bounce';
    // Nothing came back: it is tried again, as after a deferral.
    case 'outcome_unknown':
      return 'deferred';
    case 'dropped':
      // Time ran out on it, ours or the receiver's: at SendGrid a block, and `dropped` is what was never tried.
      return fact.body.cause === 'expired' || fact.body.cause === 'outcome_unknown' ? 'bounce' : 'dropped';
    default:
      return undefined;
  }
}

/** Whether a delivery has no event after this one that would need to know its recipient. */
export function endsDelivery(fact: Fact): boolean {
  return fact.type === 'delivered' || fact.type === 'bounced' || fact.type === 'dropped';
}

/**
 * One event of SendGrid's Event Webhook. `sg_event_id` is the fact's own id: the same after every retry and restart,
 * and the same for a fact that stands in the log twice. `sg_message_id` begins with the id that the answer to
 * `mail/send` gave in `X-Message-Id`.
 */
export function webhookEvent(fact: Fact, event: WebhookEventName, recipient: DeliveryRecipient): object {
  const { email, recipientHash, domain, pool, categories = [], customArgs } = recipient;
  const [category] = categories;
  return {
    // First, so that no argument of the sender's takes the place of what follows.
    ...customArgs,
    ...(email === undefined ? recipientHash !== undefined && { recipient_hash: recipientHash } : { email }),
    timestamp: Math.floor(fact.at / 1000),
    event,
    ...(category !== undefined && { category: categories.length === 1 ? category : categories }),
    sg_event_id: fact.id,
    sg_message_id: fact.deliveryId,
    ...(event === 'processed' && pool !== undefined && { pool: { name: pool } }),
    ...(event === 'deferred' && domain !== undefined && { domain }),
    ...details(fact),
  };
}

function details(fact: Fact): object {
  switch (fact.type) {
    case 'delivered':
      return { response: responseOf(fact.body) };
    case 'deferred':
      return fact.body.cause === 'held'
        ? { response: fact.body.text }
        : { response: responseOf(fact.body), attempt: `${fact.body.attempt}` };
    case 'outcome_unknown':
      return { response: 'The connection ended before the receiver answered.', attempt: `${fact.body.attempt}` };
    case 'bounced':
      return {
        bounce_classification: bounceClassification(fact.body.verdict),
        reason: responseOf(fact.body),
        status: statusOf(fact.body.reply, '5.0.0'),
        type: isInvalidAddress(fact.body.verdict) ? 'bounce' : 'blocked',
      };
    case 'dropped':
      return dropped(fact);
    default:
      return {};
  }
}

const REASONS = {
  expired: 'The time in which it could be delivered has passed.',
  outcome_unknown: 'It was tried too often without an answer.',
  suppressed: 'The address is suppressed.',
  cancelled: 'It was cancelled.',
} as const;

/** SendGrid's words for why an address gets no mail; ours where somebody decided it. */
const SUPPRESSION_REASONS: Readonly<Record<SuppressionReason, string>> = {
  bounce: 'Bounced Address',
  complaint: 'Spam Reporting Address',
  unsubscribe: 'Unsubscribed Address',
  invalid: 'Invalid',
  manual: REASONS.suppressed,
};

function dropped({ body }: Extract<Fact, { type: 'dropped' }>): object {
  const { cause, lastReply, suppression } = body;
  if (suppression !== undefined) return { reason: SUPPRESSION_REASONS[suppression], status: '5.0.0' };
  const last = lastReply ? ` The last answer was: ${replyText(lastReply)}` : '';
  const reason = `${REASONS[cause]}${last}`;
  if (cause === 'suppressed' || cause === 'cancelled') return { reason, status: '5.0.0' };
  const status = lastReply?.enhanced?.replace(/^4/, '5') ?? '5.4.7';
  return { bounce_classification: 'Unclassified', reason, status, type: 'blocked' };
}

function responseOf({ reply, verdict, phase }: Pick<AttemptOutcome, 'reply' | 'verdict' | 'phase'>): string {
  return reply ? replyText(reply) : `${verdict.cause} (${phase})`;
}

function replyText({ code, enhanced, text }: SmtpReply): string {
  return [code, enhanced, text].filter((part) => part !== undefined && part !== '').join(' ');
}

function statusOf(reply: SmtpReply | undefined, otherwise: string): string {
  return reply?.enhanced ?? otherwise;
}
