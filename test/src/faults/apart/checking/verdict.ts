import type { TerminalType } from '@penstock/events';
import type { Disturbance, ReceiverLimit } from '../history.ts';

/** docs/faults-report.md says what each means. */
export const PROBLEM_KINDS = [
  'lost',
  'duplicated',
  'unseen',
  'early',
  'late',
  'over_limit',
  'silent',
  'second_terminal',
  'not_ended',
  /** The run does not show what it is made to show. */
  'unproven',
] as const;

export type ProblemKind = (typeof PROBLEM_KINDS)[number];

export interface Finding {
  readonly kind: ProblemKind;
  /** A sentence that names the mail. */
  readonly says: string;
}

export interface Problem {
  readonly count: number;
  /** The first few. */
  readonly examples: readonly string[];
}

export interface Verdict {
  /** Nothing of any kind was found. */
  readonly holds: boolean;
  readonly problems: Readonly<Record<ProblemKind, Problem>>;
  readonly totals: Totals;
  readonly duplicates: Duplicates;
  /** By name of the provider. */
  readonly waits: readonly Waits[];
  readonly limits: readonly LimitUse[];
  /** By time. */
  readonly effects: readonly Effect[];
  /** The longest of each provider. */
  readonly stalls: readonly Stall[];
}

export interface Totals {
  readonly submitted: Readonly<Record<'ok' | 'failed' | 'unknown', number>>;
  /** Deliveries in the log. */
  readonly accepted: number;
  readonly ended: Readonly<Record<TerminalType, number>>;
  /** Final dots at receivers, and how many different mails they were. */
  readonly receptions: number;
  readonly received: number;
  /** Mails that nobody can say were accepted, and that arrived. */
  readonly unknownReceived: number;
  readonly lastAt: number;
}

export interface Duplicates {
  /** Mails that arrived more than once. */
  readonly mails: number;
  /** Receptions beyond the first of each mail. */
  readonly copies: number;
  /** Of the copies, those that a valid release had announced (`mayDuplicate`). */
  readonly marked: number;
  /** Open releases when a kill, a pause or a cut hit, summed over them: copies may be no more. */
  readonly inFlight: number;
}

/** Of the mail that arrived at one provider. */
export interface Waits {
  readonly provider: string;
  /** The longest from when mail was due to its first reception, ms. */
  readonly longestMs: number;
  readonly longestId: string;
  /** Mails that waited longer than `drainMs`, and disturbances or retries explain it. */
  readonly explained: number;
  /** The longest without the time that disturbances explain, ms. */
  readonly longestUntroubledMs: number;
  /** Of the run, that in which disturbances and the catching up after them explain waiting: 0 to 1. */
  readonly explainedShare: number;
}

export interface LimitUse {
  readonly limit: ReceiverLimit;
  readonly received: number;
  /** The most in any `periodMs`, and when that window ended. */
  readonly most: number;
  readonly mostAt: number;
}

/** What one disturbance did. */
export interface Effect {
  readonly disturbance: Disturbance;
  /** Open releases when it hit; of a cut, what was cut. */
  readonly inFlight: number;
  /** Copies of what was in flight, told to the last disturbance that explains them. */
  readonly duplicates: number;
  /** The longest time without a reception in which mail waited, of those that touch it, ms. */
  readonly stallMs: number;
}

/** A time without a reception at a provider though mail waited that arrived there later. */
export interface Stall {
  readonly provider: string;
  readonly from: number;
  readonly to: number;
  /** The disturbance that covers most of it. */
  readonly explainedBy?: Disturbance;
}
