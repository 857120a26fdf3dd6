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
 * nobody. `deliver` only for a 2yz after the final dot.
 */
export function classifyReply(reply: SmtpReply, context: ReplyContext): Verdict {
  if (reply.code >= 200 && reply.code < 300 && context.phase === 'final_dot') return ACCEPTED;
  const verdict = refused(reply.code) ? understand(reply, context) : unexpected();
  return beforeRcpt(context.phase) ? { ...verdict, scope: 'path', disposition: 'defer' } : verdict;
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
