import type { Scope } from '@penstock/events';
import type { Cause } from './causes.ts';

/** `by_code`: a 4yz is deferred and a 5yz bounced, as RFC 5321 section 4.2.1 has it. */
export type RuleDisposition = 'defer' | 'bounce' | 'by_code';

/**
 * A reviewed rule: what receivers' words mean. Patterns are applied to `CODE STATUS TEXT`, one line with mailboxes
 * masked, without regard to case; the first that matches wins.
 */
export interface ReplyRule {
  readonly name: string;
  readonly pattern: RegExp;
  /** `cause scope disposition` */
  readonly verdict: `${Cause} ${Scope} ${RuleDisposition}`;
  /** What the receiver says with it, in our words. */
  readonly meaning: string;
  /** A whole reply line that the rule was made from, addresses anonymised; a test. */
  readonly sample: string;
  /** Where the sample, or the code in it, stands. */
  readonly source: string;
}

/** The three words of a rule's verdict. */
export function meaningOf(rule: Pick<ReplyRule, 'verdict'>) {
  const [cause, scope, disposition] = rule.verdict.split(' ') as [Cause, Scope, RuleDisposition];
  return { cause, scope, disposition };
}
