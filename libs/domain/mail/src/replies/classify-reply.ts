/**
 * Replies become verdicts. Asked in this order, the first that knows answers: the rules of the provider, plain words,
 * a status code that says something, other words, vague words, a vague status code, the basic code.
 */
import type { Phase, Scope, SmtpReply, Verdict } from '@penstock/events';
import type { Cause } from './causes.ts';
import { faultOfMail } from './mail-from-refusals.ts';
import { rulesOf } from './providers/provider-rules.ts';
import { meaningOf, type ReplyRule } from './reply-rule.ts';
import {
  BASIC_MEANINGS,
  type Meaning,
  REFUSALS_BEFORE_RCPT,
  STATUS_MEANINGS,
  VAGUE_STATUS,
} from './status-meanings.ts';
import { OTHER_WORDS, PLAIN_WORDS, VAGUE_WORDS } from './wording/wording-rules.ts';

export interface ReplyContext {
  readonly phase: Phase;
  /** Name of the recognised provider, as the policy spells it. */
  readonly provider?: string | undefined;
  /** Name of the host that answered: tells the provider where the policy does not. */
  readonly host?: string | undefined;
}

const CONFIDENCE = {
  provider: 1,
  wordsAndStatus: 0.95,
  words: 0.85,
  wordsAgainstStatus: 0.7,
  status: 0.6,
  vagueWords: 0.5,
  vagueStatus: 0.45,
  basic: 0.4,
  none: 0.2,
} as const;

const ACCEPTED: Verdict = { cause: 'accepted', scope: 'recipient', disposition: 'deliver', confidence: 1 };

/**
 * What a reply means. Before `RCPT` was sent it is about the path and never ends a delivery: a 554 banner bounces
 * nobody. The one exception is `MAIL FROM` refused for good because of the sender or the message it names, which says
 * nothing about other mail of the path. `deliver` only for a 2yz after the final dot.
 */
export function classifyReply(reply: SmtpReply, context: ReplyContext): Verdict {
  if (reply.code >= 200 && reply.code < 300 && context.phase === 'final_dot') return ACCEPTED;
  if (reply.code < 400 || reply.code > 599) {
    const unexpected = verdictOf('unexpected_reply', 'host', 'defer', CONFIDENCE.none);
    return beforeRcpt(context.phase) ? aboutPath(unexpected) : unexpected;
  }
  const verdict = understand(reply, context);
  if (!beforeRcpt(context.phase)) return verdict;
  const ownFault = context.phase === 'mail' && reply.code >= 500 ? faultOfMail(reply, verdict) : undefined;
  return ownFault ?? aboutPath(verdict);
}

export function beforeRcpt(phase: Phase): boolean {
  return phase !== 'rcpt' && phase !== 'data' && phase !== 'final_dot';
}

/** What is wrong with the sending address follows it to other paths; everything else is the path's. */
function aboutPath(verdict: Verdict): Verdict {
  return { ...verdict, scope: verdict.scope === 'source' ? 'source' : 'path', disposition: 'defer' };
}

function understand(reply: SmtpReply, { phase, provider, host }: ReplyContext): Verdict {
  const lines = linesOf(reply);
  const known = matching(rulesOf(provider, host), lines);
  if (known) return byRule(known, reply, CONFIDENCE.provider);
  const detail = reply.enhanced?.slice(2);
  const status = detail === undefined ? undefined : STATUS_MEANINGS[detail];
  const plainStatus = detail === undefined || VAGUE_STATUS.has(detail) ? undefined : status;
  const words = lines.map(plainWords);
  const plain = matching(PLAIN_WORDS, words);
  if (plain) return byRule(plain, reply, confidenceOf(plain, plainStatus));
  if (plainStatus) return byMeaning(plainStatus, reply, CONFIDENCE.status);
  const other = matching(OTHER_WORDS, words);
  if (other) return byRule(other, reply, CONFIDENCE.words);
  const vague = matching(VAGUE_WORDS, words);
  if (vague)
    return vague.name === 'policy' && beforeMail(phase)
      ? blockedUnsaid(vague)
      : byRule(vague, reply, CONFIDENCE.vagueWords);
  if (status) return byMeaning(status, reply, CONFIDENCE.vagueStatus);
  return byMeaning(basicMeaning(reply.code, phase), reply, CONFIDENCE.basic);
}

function beforeMail(phase: Phase): boolean {
  return beforeRcpt(phase) && phase !== 'mail';
}

/** Refused without a word why, when all that is known of us is the address. */
function blockedUnsaid({ name }: ReplyRule): Verdict {
  return { ...verdictOf('blocked', 'source', 'defer', CONFIDENCE.vagueWords), rule: name };
}

/** Replies are at most this long here, whoever read them: what a pattern may cost is bounded by it. */
const MAX_LINE = 1100;

/** `CODE STATUS TEXT`; where the status code stood inside the text, the text as it came too. */
function linesOf({ code, enhanced, text }: SmtpReply): readonly string[] {
  const bare = `${code} ${text}`.slice(0, MAX_LINE);
  if (enhanced === undefined) return [bare];
  const line = `${code} ${enhanced} ${text}`.slice(0, MAX_LINE);
  return text.includes(enhanced) ? [line, bare] : [line];
}

/**
 * What words are looked for in: a full stop ends a sentence, which a dot within a name does not, and an address is
 * called what it is.
 */
function plainWords(line: string): string {
  return line.replace(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, 'IP').replace(/\.(?=\S)/g, '·');
}

function matching(rules: readonly ReplyRule[], lines: readonly string[]): ReplyRule | undefined {
  return rules.find(({ pattern }) => lines.some((line) => pattern.test(line)));
}

function confidenceOf(rule: ReplyRule, status: Meaning | undefined): number {
  if (!status) return CONFIDENCE.words;
  return status.cause === meaningOf(rule).cause ? CONFIDENCE.wordsAndStatus : CONFIDENCE.wordsAgainstStatus;
}

function byRule(rule: ReplyRule, reply: SmtpReply, confidence: number): Verdict {
  const { cause, scope, disposition } = meaningOf(rule);
  const said = disposition === 'by_code' ? dispositionOf(reply, cause) : disposition;
  return { ...verdictOf(cause, scope, said, confidence), rule: rule.name };
}

function byMeaning({ cause, scope }: Meaning, reply: SmtpReply, confidence: number): Verdict {
  return verdictOf(cause, scope, dispositionOf(reply, cause), confidence);
}

function verdictOf(cause: Cause, scope: Scope, disposition: 'defer' | 'bounce', confidence: number): Verdict {
  return { cause, scope, disposition, confidence };
}

const NEVER =
  /retrying will not succeed|\bdo(?:n't| not) (?:re-?try|try again)|\bpermanent(?:ly)? (?:fail\w*|reject\w*|error|undeliverable|block\w*|refus\w*)|\bwill never\b/i;
const LATER =
  /\btemporar(?:y|ily)\b|\b(?:again|retry|back|try(?: it)?) (?:a (?:bit|little) )?later\b|\bagain in (?:\d|an? )/i;
const OF_THE_ADDRESS: ReadonlySet<Cause> = new Set(['user_unknown', 'domain_unknown', 'mailbox_moved', 'null_mx']);

/**
 * The first digit decides (RFC 5321 section 4.2.1), unless the reply says itself that it does not mean it: a 4yz that
 * will not change, or a 5yz that asks to come back. Where digit and status code contradict each other the address is
 * gone if that is what both words and status say.
 */
function dispositionOf({ code, enhanced = '', text }: SmtpReply, cause: Cause): 'defer' | 'bounce' {
  if (code >= 500) return LATER.test(text) ? 'defer' : 'bounce';
  if (NEVER.test(text)) return 'bounce';
  return enhanced.startsWith('5.') && OF_THE_ADDRESS.has(cause) ? 'bounce' : 'defer';
}

function basicMeaning(code: number, phase: Phase): Meaning {
  if (beforeRcpt(phase)) return { cause: REFUSALS_BEFORE_RCPT[code] ?? 'refused', scope: 'path' };
  const meaning = BASIC_MEANINGS[code];
  if (meaning) return phase === 'rcpt' ? meaning.rcpt : meaning.data;
  return { cause: 'refused', scope: phase === 'rcpt' ? 'recipient' : 'message' };
}
