/** What a promise, a log and a receiver must agree on for one delivery, whichever way the three are come by. */
import type { TerminalType } from '@penstock/events';

export interface Balance {
  /** The client was told that the mail is accepted. */
  readonly promised: boolean;
  /** How often a receiver took it. */
  readonly copies: number;
  /** Valid releases that say the receiver may already have it. */
  readonly marked: number;
  /** Whether an outcome of it could not be known: `outcome_unknown`, or handed back in doubt. */
  readonly doubted: boolean;
  readonly end: TerminalType | undefined;
}

export type Imbalance =
  | 'never_ended'
  /** Nothing says what became of it, and nobody has it. */
  | 'vanished'
  | 'delivered_to_nobody'
  /** Bounced or dropped, and nobody has it. */
  | 'given_up'
  /** Somebody has it, and it ended otherwise without a doubt. */
  | 'end_denies_reception'
  | 'copies_unmarked';

/** Holds for receivers that refuse nothing for good. */
export function imbalances({ promised, copies, marked, doubted, end }: Balance): readonly Imbalance[] {
  const found: Imbalance[] = [];
  if (end === undefined) {
    found.push(promised && copies === 0 ? 'vanished' : 'never_ended');
  } else if (copies === 0) {
    found.push(end === 'delivered' ? 'delivered_to_nobody' : 'given_up');
  } else if (end !== 'delivered' && !doubted) {
    found.push('end_denies_reception');
  }
  if (copies - 1 > marked) found.push('copies_unmarked');
  return found;
}
