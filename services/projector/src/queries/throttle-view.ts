import { HOLD_REASON_TEXTS, type HoldReason, type SmtpReply } from '@penstock/events';
import type { PathThrottle } from '@penstock/scheduling';
import { shownReply } from './shown-reply.ts';

/** A path that rests, and what made it. */
export interface ThrottleView {
  readonly source: string;
  readonly path: string;
  readonly site: string;
  readonly provider?: string;
  /** ms since the epoch */
  readonly until: number;
  /** Suspensions in a row; each doubles the wait. */
  readonly step: number;
  readonly reason: HoldReason;
  readonly text: string;
  readonly evidence?: { readonly phase: string; readonly cause: string; readonly reply?: SmtpReply };
}

export function throttleView(throttle: PathThrottle): ThrottleView {
  const { source, path, site, provider, until, step, reason, evidence } = throttle;
  return {
    source,
    path,
    site,
    ...(provider !== undefined && { provider }),
    until,
    step,
    reason,
    text: HOLD_REASON_TEXTS[reason],
    ...(evidence && { evidence: evidenceView(evidence) }),
  };
}

/** Whose delivery met it is left out: the path is everybody's, the delivery one tenant's. */
function evidenceView({ phase, verdict, reply }: NonNullable<PathThrottle['evidence']>): ThrottleView['evidence'] {
  return { phase, cause: verdict.cause, ...(reply && { reply: shownReply(reply) }) };
}
