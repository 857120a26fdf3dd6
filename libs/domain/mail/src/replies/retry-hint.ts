import type { SmtpReply } from '@penstock/events';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

// Real samples, each a test:
// 451 4.7.1 <…>: Recipient address rejected: Greylisted for 5 minutes
// 450 4.7.1 Please try again in 5 minutes
// 451 Temporarily rejected, retry after 300 seconds
const AMOUNT =
  /\b(?:in|after|for|wait|within)\s+(?:about\s+|at least\s+)?([0-9]{1,6})\s*(s|m|h)(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?)?\b/i;
// 451 4.7.1 Greylisting in action, please come back in 00:05:00
const CLOCK = /\b(?:in|after|for)\s+([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])\b/i;
/** The number must be about coming back, not about how long something has lasted. */
const ABOUT_RETURN = /\b(?:retry|again|come back|gr[ae]y-?list|wait|later|resubmit|defer)/i;

/** What a temporary reply says about when to come back, ms; undefined where it says nothing. */
export function retryHintMs(reply: SmtpReply): number | undefined {
  if (reply.code < 400 || reply.code > 499 || !ABOUT_RETURN.test(reply.text)) return undefined;
  const clock = CLOCK.exec(reply.text);
  if (clock) return ((Number(clock[1]) * 60 + Number(clock[2])) * 60 + Number(clock[3])) * 1000;
  const amount = AMOUNT.exec(reply.text);
  const unit = UNIT_MS[amount?.[2]?.toLowerCase() ?? ''];
  return amount && unit !== undefined ? Number(amount[1]) * unit : undefined;
}
