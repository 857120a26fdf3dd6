import { type Disposition, PHASES, type Phase, SCOPES, type Scope } from '@penstock/events';
import { CAUSE_MEANINGS, type Cause } from '@penstock/mail';
import { readText } from '../architecture/sources.ts';

const LABELLED_REPLIES = 'test/src/fixtures/replies/labelled-replies.tsv';

/** A reply of a receiver, and what somebody who read it says it means. */
export interface LabelledReply {
  /** Tuned: what was found wrong was put right. Held out: the rules have never met it before it was measured. */
  readonly set: 'held_out' | 'tuned';
  readonly cause: Cause;
  readonly scope: Scope;
  readonly disposition: Disposition;
  readonly phase: Phase;
  readonly provider: string | undefined;
  readonly source: string;
  readonly line: string;
}

/** Tab-separated with a line of titles: set, cause, scope, disposition, phase, provider or "-", source, reply. */
export function labelledReplies(): readonly LabelledReply[] {
  return readText(LABELLED_REPLIES)
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((row, index) => labelled(row.split('\t'), index + 2));
}

function labelled(cells: readonly string[], row: number): LabelledReply {
  const [set, cause, scope, disposition, phase, provider, source = '', line = ''] = cells;
  return {
    set: one(['held_out', 'tuned'], set, row),
    cause: one(Object.keys(CAUSE_MEANINGS) as Cause[], cause, row),
    scope: one(SCOPES, scope, row),
    disposition: one(['defer', 'bounce'], disposition, row),
    phase: one(PHASES, phase, row),
    provider: provider === '-' ? undefined : provider,
    source,
    line,
  };
}

function one<T extends string>(known: readonly T[], word: string | undefined, row: number): T {
  const found = known.find((each) => each === word);
  if (found === undefined) throw new Error(`${LABELLED_REPLIES}:${row}: ${word} is none of ${known.join(', ')}`);
  return found;
}
