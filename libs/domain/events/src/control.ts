import type { Envelope } from './envelope.ts';
import type { HoldReason, Phase, SmtpReply, Verdict } from './outcome.ts';
import type { WarmupRecord } from './warmups.ts';

/** One key of the policy text; `before` is absent where it is new, `after` where it is gone. */
export interface PolicyKeyChange {
  /** Dotted, such as `provider.gmail.connection_limit`. */
  readonly key: string;
  readonly before?: string;
  readonly after?: string;
}

/** The policy as a whole, so that every reader parses the same text; for people also what it says anew. */
export type PolicyChanged = Envelope<
  'policy_changed',
  {
    /** First 12 hex digits of the text's SHA-256. */
    readonly policyVersion: string;
    readonly text: string;
    readonly changedBy: string;
    /** Of the policy that held before; absent for the first. */
    readonly previousVersion?: string;
    /** Against that one; the first so many, if there are more. */
    readonly changes?: readonly PolicyKeyChange[];
    /** All of them, where `changes` is not. */
    readonly changeCount?: number;
  }
>;

/** A dispatcher owns the source from here on. */
export type SourceClaimed = Envelope<
  'source_claimed',
  { readonly source: string; readonly owner: string; readonly claimId: string }
>;

/** Its owner has closed every connection of it and opens none any more. */
export type SourceReleased = Envelope<
  'source_released',
  {
    readonly source: string;
    readonly owner: string;
    readonly claimId: string;
    /** A successor that has waited until the claim could send no more; absent where its owner says so itself. */
    readonly releasedBy?: string;
  }
>;

/** No dispatcher can bind or reach it. */
export type SourceUnreachable = Envelope<'source_unreachable', { readonly source: string; readonly detail: string }>;

/** A path rests, with the evidence that made it. */
export type PathThrottled = Envelope<
  'path_throttled',
  {
    readonly source: string;
    readonly path: string;
    readonly site: string;
    readonly provider?: string;
    readonly action: 'suspend';
    /** ms since the epoch */
    readonly until: number;
    /** How many suspensions in a row, from 1; each doubles the wait. */
    readonly step: number;
    readonly reason: HoldReason;
    readonly evidence: {
      readonly phase: Phase;
      readonly reply?: SmtpReply;
      readonly verdict: Verdict;
      readonly deliveryId?: string;
    };
  }
>;

/** The path may be used again. */
export type PathRestored = Envelope<
  'path_restored',
  { readonly source: string; readonly path: string; readonly site: string; readonly provider?: string }
>;

/** Who has a reputation: a tenant with its mail, or a source (an IP address) with all that leaves by it. */
export type ReputationSubject = 'tenant' | 'source';

/** What receivers think of a tenant's mail or of a source, 0 to 100 (docs/metrics.md has the formulas). */
export type ReputationChanged = Envelope<
  'reputation_changed',
  {
    readonly subject: ReputationSubject;
    /** Of the tenant or the source. */
    readonly name: string;
    /** 0 to 100, whole, over all providers; absent where there are too few outcomes to rate it. */
    readonly score?: number;
    /** As published before; absent where it was unrated. */
    readonly previous?: number;
    /** Recipients whose outcome was counted within the window. */
    readonly outcomes: number;
    /** Scores by provider, of those with enough outcomes of their own. */
    readonly providers: Readonly<Record<string, number>>;
  }
>;

/** Records of `mail.control`. */
export type Control =
  | PolicyChanged
  | SourceClaimed
  | SourceReleased
  | SourceUnreachable
  | PathThrottled
  | PathRestored
  | ReputationChanged
  | WarmupRecord;

export type ControlType = Control['type'];
