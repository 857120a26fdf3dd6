/** Replies become verdicts: reviewed rules first, then the status code, then the basic code. */
import type { Phase, SmtpReply, Verdict } from '@penstock/events';
import { REPLY_RULES, type ReplyRule } from './reply-rules.ts';
import { BASIC_MEANINGS, type Meaning, REFUSALS_BEFORE_RCPT, STATUS_MEANINGS } from './status-meanings.ts';

export interface ReplyContext {
  readonly phase: Phase;
  /** Name of the recognised provider, as the policy spells it. */
  readonly provider?: string | undefined;
}

const CONFIDENCE = { provider: 1, general: 0.9, status: 0.6, basic: 0.4, none: 0.2 } as const;

const ACCEPTED: Verdict = { cause: 'accepted', scope: 'recipient', disposition: 'deliver', confidence: 1 };

/**
 * What a reply means. Before `RCPT` was sent it is about the path and never ends a delivery: a 554 banner bounces
 * nobody. The one exception is `MAIL FROM` refused for good because of the sender or the message it names, which says
 * nothing about other mail of the path. `deliver` only for a 2yz after the final dot.
 */
export function classifyReply(reply: SmtpReply, context: ReplyContext): Verdict {
  if (reply.code >= 200 && reply.code < 300 && context.phase === 'final_dot') return ACCEPTED;
  const verdict = refused(reply.code) ? understand(reply, context) : unexpected();
  if (!beforeRcpt(context.phase)) return verdict;
  const ownFault = context.phase === 'mail' && reply.code >= 500 ? faultOfMail(reply, verdict) : undefined;
  return ownFault ?? { ...verdict, scope: 'path', disposition: 'defer' };
}

/** 5.1.7 and 5.1.8 are about the sender's address, 5.7.20 to 5.7.27 but 5.7.25 about whether it may be used. */
const SENDER_STATUS = /^5\.(?:1\.[78]|7\.2[0-4]|7\.2[67])$/;
/** What SIZE and SMTPUTF8, said with `MAIL FROM`, are refused with. */
const MESSAGE_STATUS = /^5\.(?:2\.3|3\.4|6\.[79])$/;
/** Codes that say no more than no: the words have to say that it is the sender who is refused. */
const SENDER_WORDS = /\b(?:sender|mail from|from address|return[- ]path|reverse[- ]path)\b/i;
const OUR_HOST_WORDS =
  /\b(?:ip|client|host|connections?|listed|(?:black|block)(?:ed|ing)?[- ]?list(?:ed)?|[rd](?:ns)?bl|r?dns|ptr)\b/i;

/** The verdict where a `MAIL FROM` refused for good is about its sender or its message, and not about us. */
function faultOfMail({ code, enhanced = '', text }: SmtpReply, verdict: Verdict): Verdict | undefined {
  const refusal = { confidence: verdict.confidence, disposition: 'bounce' } as const;
  if (verdict.rule !== undefined) {
    return verdict.scope === 'sending_domain' || verdict.scope === 'message' ? verdict : undefined;
  }
  if (SENDER_STATUS.test(enhanced)) return verdict;
  if (MESSAGE_STATUS.test(enhanced)) return { ...verdict, scope: 'message' };
  const coarse = enhanced === '' || /^5\.(?:0\.0|1\.0|7\.[01])$/.test(enhanced);
  if (!coarse || OUR_HOST_WORDS.test(text)) return undefined;
  // RFC 1870 section 6.1: the size said is more than is taken.
  if (code === 552) return { ...refusal, cause: 'message_too_big', scope: 'message' };
  // RFC 5321 section 4.2.3: 553 is about the mailbox's name, and the only mailbox named so far is the sender's.
  if (code === 553 || SENDER_WORDS.test(text)) return { ...refusal, cause: 'bad_sender', scope: 'sending_domain' };
  return undefined;
}

function refused(code: number): boolean {
  return code >= 400 && code <= 599;
}

/** Out of step with RFC 5321: nothing was refused and nothing accepted, so it is tried again. */
function unexpected(): Verdict {
  return { cause: 'unexpected_reply', scope: 'host', disposition: 'defer', confidence: CONFIDENCE.none };
}

export function beforeRcpt(phase: Phase): boolean {
  return phase !== 'rcpt' && phase !== 'data' && phase !== 'final_dot';
}

function understand(reply: SmtpReply, context: ReplyContext): Verdict {
  const rule = matchingRule(reply, context.provider);
  if (rule) {
    const { cause, scope, disposition, name, providers } = rule;
    const confidence = providers ? CONFIDENCE.provider : CONFIDENCE.general;
    return { cause, scope, disposition, confidence, rule: name };
  }
  const disposition = reply.code < 500 ? 'defer' : 'bounce';
  const status = reply.enhanced && STATUS_MEANINGS[reply.enhanced.slice(2)];
  if (status) return { ...status, disposition, confidence: CONFIDENCE.status };
  return { ...basicMeaning(reply.code, context.phase), disposition, confidence: CONFIDENCE.basic };
}

function matchingRule(reply: SmtpReply, provider: string | undefined): ReplyRule | undefined {
  const line = [reply.code, ...(reply.enhanced === undefined ? [] : [reply.enhanced]), reply.text].join(' ');
  return REPLY_RULES.find(
    ({ providers, pattern }) =>
      (!providers || (provider !== undefined && providers.includes(provider))) && pattern.test(line),
  );
}

function basicMeaning(code: number, phase: Phase): Meaning {
  if (beforeRcpt(phase)) return { cause: REFUSALS_BEFORE_RCPT[code] ?? 'refused', scope: 'path' };
  const meaning = BASIC_MEANINGS[code];
  if (meaning) return phase === 'rcpt' ? meaning.rcpt : meaning.data;
  return { cause: 'refused', scope: phase === 'rcpt' ? 'recipient' : 'message' };
}
