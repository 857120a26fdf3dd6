import type { SmtpReply, Verdict } from '@penstock/events';
import { CAUSE_MEANINGS } from './causes.ts';
import { classifyReply, type ReplyContext } from './classify-reply.ts';
import { parseReply } from './parse-reply.ts';
import { PROVIDER_RULES, rulesOf } from './providers/provider-rules.ts';
import type { ReplyRule } from './reply-rule.ts';
import { retryHintMs } from './retry-hint.ts';
import { OTHER_WORDS, PLAIN_WORDS, VAGUE_WORDS } from './wording/wording-rules.ts';

export interface ReplyExplanation {
  /** As it is stored: mailboxes masked. */
  readonly reply: SmtpReply;
  readonly verdict: Verdict;
  /** What the verdict's cause says, in a sentence. */
  readonly means: string;
  /** What spoke: a reviewed rule of the provider, words, the status code, or the basic code alone. */
  readonly knownBy: 'provider_rule' | 'words' | 'status_code' | 'basic_code';
  /** The rule that matched, what it says and where that stands. */
  readonly rule?: { readonly name: string; readonly meaning: string; readonly sample: string; readonly source: string };
  /** When the reply asks to come back, ms; the policy's bounds are not applied yet. */
  readonly comeBackMs?: number;
}

/** What a reply was understood to mean, and why. `lines` as they came, without CRLF. */
export function explainReply(lines: readonly string[], context: ReplyContext): ReplyExplanation {
  const reply = parseReply(lines);
  const verdict = classifyReply(reply, context);
  const ofProvider = rulesOf(context.provider, context.host).find(({ name }) => name === verdict.rule);
  const rule = ofProvider ?? WORDING.find(({ name }) => name === verdict.rule);
  const comeBackMs = verdict.disposition === 'defer' ? retryHintMs(reply) : undefined;
  return {
    reply,
    verdict,
    means: meaningOfCause(verdict.cause),
    knownBy: ofProvider ? 'provider_rule' : rule ? 'words' : verdict.confidence > 0.4 ? 'status_code' : 'basic_code',
    ...(rule && { rule: shown(rule) }),
    ...(comeBackMs === undefined ? {} : { comeBackMs }),
  };
}

/** The names by which policies call the providers that have rules of their own. */
export function providersWithRules(): readonly string[] {
  return PROVIDER_RULES.flatMap(({ names }) => names);
}

const WORDING: readonly ReplyRule[] = [...PLAIN_WORDS, ...OTHER_WORDS, ...VAGUE_WORDS];

function shown({ name, meaning, sample, source }: ReplyRule) {
  return { name, meaning, sample, source };
}

function meaningOfCause(cause: string): string {
  const meanings: Readonly<Record<string, string>> = CAUSE_MEANINGS;
  return meanings[cause] ?? (cause === 'accepted' ? 'the receiver took responsibility' : cause);
}
