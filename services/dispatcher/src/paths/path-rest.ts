import type { HoldReason } from '@penstock/events';
import type { PendingAttempt } from '../commands/pending-attempt.ts';
import { deferred, type Met } from '../outcomes/outcome-facts.ts';
import type { PathIdentity, PathOffice } from './path-office.ts';
import { Suspension } from './suspension.ts';

export interface Evidence {
  readonly attempt: PendingAttempt;
  readonly met: Met;
  readonly reason: HoldReason;
  /** Whether the attempt that met it is spent: not when the fault is this machine's. */
  readonly spent: boolean;
}

/** A path's rest: begun by one piece of evidence, known to every scheduler before anything is handed back. */
export class PathRest {
  private readonly suspension: Suspension;
  /** What has to wait until the suspension is durable. */
  private held: PendingAttempt[] | undefined;

  constructor(
    private readonly office: PathOffice,
    private readonly path: PathIdentity,
    known?: { readonly step: number; readonly until: number },
  ) {
    this.suspension = new Suspension(known);
  }

  get resting(): boolean {
    return this.held !== undefined || this.suspension.active(this.office.clock.now());
  }

  /** After a rest and before the first success: one connection at a time. */
  get onProbation(): boolean {
    return this.suspension.step > 0;
  }

  /** Evidence of another era is none. */
  get era(): number {
    return this.suspension.era;
  }

  /** While the path rests, commands go back. */
  turnAway(attempt: PendingAttempt): void {
    if (this.held) this.held.push(attempt);
    else this.office.settlement.handBack(attempt, 'path_suspended', this.suspension.until);
  }

  begin(evidence: Evidence, others: readonly PendingAttempt[]): void {
    const { clock, control, settlement, telemetry } = this.office;
    const { attempt, met, spent } = evidence;
    this.suspension.suspend(clock.now(), this.office.policy().retry);
    const { step, until } = this.suspension;
    telemetry.log('warn', 'path_suspended', {
      path: this.path.key,
      phase: met.phase,
      verdict: met.verdict.cause,
      step,
    });
    this.held = [...others];
    void control.write('path_throttled', this.throttled(evidence)).then((durable) => {
      const held = this.held ?? [];
      this.held = undefined;
      // Given up at the end of the process: what is undecided stays so, and is in doubt for the next owner.
      if (!durable) return;
      if (spent)
        settlement.decide(
          attempt,
          attempt.deliveries.map((one) => deferred(attempt, one, clock.now(), met)),
        );
      else settlement.handBack(attempt, 'path_suspended', until);
      for (const other of held) settlement.handBack(other, 'path_suspended', until);
    });
  }

  /** A transaction that began in `era` got past `MAIL FROM`. */
  succeeded(era: number): void {
    if (era !== this.suspension.era || !this.suspension.lift()) return;
    const { key: path, source, site, provider } = this.path;
    const body = { source, path, site, ...(provider === undefined ? {} : { provider }) };
    void this.office.control.write('path_restored', body);
  }

  private throttled({ attempt, met, reason }: Evidence) {
    const { key: path, source, site, provider } = this.path;
    const deliveryId = attempt.deliveries[0]?.deliveryId;
    return {
      source,
      path,
      site,
      ...(provider === undefined ? {} : { provider }),
      action: 'suspend' as const,
      until: this.suspension.until,
      step: this.suspension.step,
      reason,
      evidence: {
        phase: met.phase,
        verdict: met.verdict,
        ...(met.reply ? { reply: met.reply } : {}),
        ...(deliveryId === undefined ? {} : { deliveryId }),
      },
    };
  }
}
