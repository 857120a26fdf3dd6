import type { Attempt, AttemptDelivery } from '@penstock/events';
import type { LedgerEntry } from './offset-ledger.ts';

export type AttemptStage =
  /** Waits for a connection. */
  | 'queued'
  /** Has a connection, or the walk to one. */
  | 'started'
  /** Its outcome is decided. */
  | 'decided';

/** A command on its way. */
export interface PendingAttempt {
  readonly command: Attempt;
  /** Those of the command that were not seen before. */
  readonly deliveries: readonly AttemptDelivery[];
  readonly entry: LedgerEntry;
  /** Monotonic ms. */
  readonly queuedAt: number;
  stage: AttemptStage;
  /** Whether it counts as in flight. */
  counted: boolean;
  /** Whether a connection has already died under it before `MAIL FROM` was answered. */
  replaced: boolean;
}

/** ms since the epoch after which it may not start: `startBy`, or the end of `max_age`. */
export function lastStart({ body }: Attempt): number {
  return Math.min(body.startBy, body.expiresAt);
}
