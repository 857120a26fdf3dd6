import type { SmtpReply, Verdict } from '@penstock/events';

/** 5.1.7 and 5.1.8 are about the sender's address, 5.7.20 to 5.7.27 but 5.7.25 about whether it may be used. */
const SENDER_STATUS = /^5\.(?:1\.[78]|7\.2[0-4]|7\.2[67])$/;
/** What SIZE and SMTPUTF8, said with `MAIL FROM`, are refused with. */
const MESSAGE_STATUS = /^5\.(?:2\.3|3\.4|6\.[79])$/;
/** Codes that say no more than no: the words have to say that it is the sender who is refused. */
const COARSE_STATUS = /^(?:|5\.(?:0\.0|1\.0|7\.[01]))$/;
const SENDER_WORDS = /\b(?:sender|mail from|from address|return[- ]path|reverse[- ]path)\b/i;
const OUR_HOST_WORDS =
  /\b(?:ip|client|host|connections?|listed|(?:black|block)(?:ed|ing)?[- ]?list(?:ed)?|[rd](?:ns)?bl|r?dns|ptr)\b/i;

/** The verdict where a `MAIL FROM` refused for good is about its sender or its message, and not about us. */
export function faultOfMail({ code, enhanced = '', text }: SmtpReply, verdict: Verdict): Verdict | undefined {
  const { cause, confidence } = verdict;
  const refusal = { confidence, disposition: 'bounce' } as const;
  if (verdict.disposition === 'bounce') {
    if (cause === 'authentication' || SENDER_STATUS.test(enhanced)) return verdict;
    if (cause === 'message_too_big' || MESSAGE_STATUS.test(enhanced)) return { ...verdict, scope: 'message' };
    const named = cause === 'domain_blocked' || !OUR_HOST_WORDS.test(text);
    if (verdict.scope === 'sending_domain' && named) return verdict;
  }
  if (cause !== 'policy' && verdict.rule !== undefined) return undefined;
  if (!COARSE_STATUS.test(enhanced) || OUR_HOST_WORDS.test(text)) return undefined;
  // RFC 1870 section 6.1: the size said is more than is taken.
  if (code === 552) return { ...refusal, cause: 'message_too_big', scope: 'message' };
  // RFC 5321 section 4.2.3: 553 is about the mailbox's name, and the only mailbox named so far is the sender's.
  if (code === 553 || SENDER_WORDS.test(text)) return { ...refusal, cause: 'bad_sender', scope: 'sending_domain' };
  return undefined;
}
