import type { Attempt } from '@penstock/events';
import type { Policy } from '@penstock/policy';
import type { Clock, MailSession, Timers } from '@penstock/ports';
import { WakeUp } from './wake-up.ts';

/** So much of `attempt_max` at most is kept for the outcome to become durable, ms. */
const MOST_FOR_OUTCOME_MS = 5000;

interface Running {
  readonly session: MailSession;
  /** Monotonic ms by which the transaction has to be over. */
  readonly endBy: number;
}

/**
 * Ends transactions in time: at `startBy` + `attempt_max` the scheduler gives up on an outcome, and what a host that
 * dribbles its replies says after that could only be a second answer.
 */
export class AttemptLimits {
  private readonly running = new Map<Attempt, Running>();
  private readonly wakeUp: WakeUp;

  constructor(
    private readonly clock: Clock,
    timers: Timers,
    private readonly policy: () => Policy,
  ) {
    this.wakeUp = new WakeUp(clock, timers, () => this.cut());
  }

  begin(command: Attempt, session: MailSession): void {
    const { attemptMaxMs } = this.policy().dispatch;
    const lastMs = command.body.startBy + attemptMaxMs - Math.min(MOST_FOR_OUTCOME_MS, attemptMaxMs / 10);
    const endBy = this.clock.monotonic() + lastMs - this.clock.now();
    this.running.set(command, { session, endBy });
    this.wakeUp.at(endBy);
  }

  /** Nothing where the command has begun again on another session meanwhile. */
  end(command: Attempt, session: MailSession): void {
    if (this.running.get(command)?.session === session) this.running.delete(command);
    if (this.running.size === 0) this.wakeUp.cancel();
  }

  private cut(): void {
    const now = this.clock.monotonic();
    for (const { session, endBy } of this.running.values()) {
      if (endBy <= now) session.abort();
      else this.wakeUp.at(endBy);
    }
  }
}
