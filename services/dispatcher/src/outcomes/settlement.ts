import type { Fact, HandBackCause } from '@penstock/events';
import type { Clock } from '@penstock/ports';
import type { PendingAttempt } from '../commands/pending-attempt.ts';
import type { RememberedStarts } from '../commands/remembered-starts.ts';
import type { InFlight } from './in-flight.ts';
import { handedBack } from './outcome-facts.ts';
import type { Outcome, OutcomeWriter } from './outcome-writer.ts';

/** Decides attempts, once each, and settles them when what was decided is durable. */
export class Settlement {
  private writer: OutcomeWriter | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly inFlight: InFlight,
    private readonly remembered: RememberedStarts,
  ) {}

  writeThrough(writer: OutcomeWriter): void {
    this.writer = writer;
  }

  /** One fact for each of the attempt's deliveries. */
  decide(attempt: PendingAttempt, facts: readonly Fact[]): void {
    if (attempt.stage === 'decided') return;
    attempt.stage = 'decided';
    for (const fact of facts) this.writer?.add({ fact, attempt });
  }

  /** `until` in ms since the epoch. */
  handBack(attempt: PendingAttempt, cause: HandBackCause, until?: number): void {
    const at = this.clock.now();
    this.decide(
      attempt,
      attempt.deliveries.map((delivery) => handedBack(attempt, delivery, at, cause, until)),
    );
  }

  /** Nothing is said of it, and nothing remembered: whoever reads its command next decides it. */
  leave(attempt: PendingAttempt): void {
    if (attempt.stage !== 'queued') return;
    attempt.stage = 'decided';
    for (const { deliveryId, release } of attempt.deliveries) this.remembered.leave(deliveryId, release);
  }

  /** What was decided is in the log. */
  durable(outcomes: readonly Outcome[]): void {
    let started = 0;
    for (const { fact, attempt } of outcomes) {
      if (attempt.counted) started++;
      if (fact.deliveryId !== undefined) this.remembered.settled(fact.deliveryId, fact.release ?? 0);
      attempt.entry.ledger.settle(attempt.entry);
    }
    this.inFlight.finish(started);
    this.inFlight.wake();
  }
}
