import type { Envelope } from './envelope.ts';
import type { HoldReason, Phase, SmtpReply, Verdict } from './outcome.ts';

/** The policy as a whole, so that every reader parses the same text. */
export type PolicyChanged = Envelope<
  'policy_changed',
  {
    /** First 12 hex digits of the text's SHA-256. */
    readonly policyVersion: string;
    readonly text: string;
    readonly changedBy: string;
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

/** Records of `mail.control`. */
export type Control = PolicyChanged | SourceClaimed | SourceReleased | SourceUnreachable | PathThrottled | PathRestored;

export type ControlType = Control['type'];
