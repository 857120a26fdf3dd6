import type { SmtpReply } from '@penstock/events';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** By the first letters of the unit, in the languages receivers use. */
const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(?:h|std|stunde)/i, HOUR],
  [/^(?:d|tag|jour)/i, 24 * HOUR],
  [/^m/i, MINUTE],
  [/^s/i, SECOND],
];
const NUMBERS: Readonly<Record<string, number>> = { a: 1, an: 1, one: 1, five: 5, ten: 10, fifteen: 15, thirty: 30 };

// Real samples, each a test:
// 451 4.7.1 <…>: Recipient address rejected: Greylisted for 5 minutes
// 450 4.7.1 Please try again in 5 minutes
// 451 Temporarily rejected, retry after 300 seconds
// 450 4.7.1 You are greylisted, come back in 4 minutes and 50 seconds
const UNIT = String.raw`(s(?:ec(?:ond)?s?|ekunden?)?|m(?:in(?:ute)?[sn]?)?|h(?:(?:ou)?rs?|eures?)?|d(?:ays?)?|stunden?|jours?)\b`;
const AMOUNT = new RegExp(
  String.raw`\b(?:in|after|for|wait|within|dans|nach)\s+(?:about\s+|at least\s+|another\s+|the next\s+)?` +
    String.raw`([0-9]{1,6}|an?|one|five|ten|fifteen|thirty)\s*${UNIT}(?:(?:\s+and|,)?\s+([0-9]{1,5})\s*${UNIT})?`,
  'i',
);
// 451 4.7.1 Greylisting in action, please come back in 00:05:00
const CLOCK = /\b(?:in|after|for)\s+([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])\b/i;
/** The number must be about coming back, not about how long something has lasted. */
const ABOUT_RETURN =
  /\b(?:retry|again|come back|gr[ae]y-? ?list|wait|later|resubmit|defer|erneut|wieder|r[eé]essayer)/i;

/** What a reply that is deferred says about when to come back, ms; undefined where it says nothing. */
export function retryHintMs(reply: SmtpReply): number | undefined {
  if (reply.code < 400 || !ABOUT_RETURN.test(reply.text)) return undefined;
  const clock = CLOCK.exec(reply.text);
  if (clock) return Number(clock[1]) * HOUR + Number(clock[2]) * MINUTE + Number(clock[3]) * SECOND;
  const amount = AMOUNT.exec(reply.text);
  if (!amount) return undefined;
  const [, count, unit, more = '0', smaller] = amount;
  return spanMs(count, unit) + spanMs(more, smaller);
}

function spanMs(count = '', unit = ''): number {
  const [, unitMs = 0] = UNITS.find(([letters]) => letters.test(unit)) ?? [];
  return (NUMBERS[count.toLowerCase()] ?? Number(count)) * unitMs;
}
