/** Recipients by what became of them, as far as it counts for a reputation. */
export interface OutcomeCounts {
  /** Recipients whose first outcome that counts fell in this hour. */
  readonly judged: number;
  readonly accepted: number;
  /** Bounced: there is no such mailbox or domain. */
  readonly invalid: number;
  /** Bounced for the sake of sender, source or content. */
  readonly blocked: number;
  /** Bounced for anything else: a full mailbox, a size. */
  readonly refused: number;
  /** Put off at least once, counted the first time. */
  readonly putOff: number;
  readonly complained: number;
}

type OutcomeCounter = keyof OutcomeCounts;

/** What one fact adds to, `judged` apart. */
export type CountedOutcome = Exclude<OutcomeCounter, 'judged'>;

export const OUTCOME_COUNTERS: readonly OutcomeCounter[] = [
  'judged',
  'accepted',
  'invalid',
  'blocked',
  'refused',
  'putOff',
  'complained',
];
