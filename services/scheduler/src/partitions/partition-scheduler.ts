/** One partition of `mail.events` in our hands: folded, decided for, and its commands sent. */
import type { Fact } from '@penstock/events';
import type { EventLog, StoredRecord, Telemetry, Timers } from '@penstock/ports';
import { attemptCommand, type ControlState, evolve, type PartitionState } from '@penstock/scheduling';
import { Checkpoints } from '../checkpoints/checkpoints.ts';
import { CommandOutbox } from '../commands/command-outbox.ts';
import type { Claimant } from './claimant.ts';
import { type DecisionDeps, DecisionLoop } from './decision-loop.ts';
import { LogTime } from './log-time.ts';

export interface PartitionDeps {
  readonly log: EventLog;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** Steady time, ms since the epoch. */
  readonly nowMs: () => number;
  readonly control: () => ControlState;
  /** Undefined when decisions may be made. */
  readonly notReady: () => string | undefined;
  readonly sites: DecisionLoop['sites'];
  readonly quotas: DecisionDeps['quotas'];
  /** An attempt from the source was closed by the record. */
  readonly observe: (source: string, record: Fact) => void;
  readonly suppressions: DecisionDeps['suppressions'];
}

/** Records read at once to reach what we appended ourselves. */
const CATCH_UP_RECORDS = 1000;

export class PartitionScheduler {
  private readonly outbox: CommandOutbox;
  private readonly logTime: LogTime;
  private readonly decisions: DecisionLoop;

  constructor(
    private readonly deps: PartitionDeps,
    private readonly state: PartitionState,
    private readonly claimant: Claimant,
    private readonly checkpoints: Checkpoints,
  ) {
    this.outbox = new CommandOutbox(deps.log, deps.timers, deps.telemetry);
    this.logTime = new LogTime(deps.log, state.partition);
    this.decisions = new DecisionLoop(deps, state, this.logTime, () => this.owns());
  }

  /** Claims the partition. Nothing is decided before the claim is read back. */
  start(): void {
    this.claimant.claim();
  }

  get position(): number {
    return this.state.position;
  }

  notReady(): string | undefined {
    return this.owns() ? undefined : `partition ${this.state.partition} is not yet claimed`;
  }

  /** Something outside the partition changed: control, or a domain's site. */
  wake(): void {
    this.sendOpened();
    this.decisions.wake();
  }

  fold(records: readonly StoredRecord<'mail.events'>[]): void {
    for (const { offset, record } of records) this.foldOne(offset, record);
    this.sendOpened();
    this.logTime.folded(this.state.position);
    this.checkpoints.folded(records.length);
    this.decisions.wake();
  }

  /** Stops deciding, reads back what was decided, sends its commands and writes a last checkpoint. */
  async close(): Promise<void> {
    const decidedUpTo = await this.decisions.close();
    this.claimant.close();
    await this.catchUp(decidedUpTo).catch((error: unknown) => this.report('catch_up_failed', error));
    await this.outbox.close();
    await this.checkpoints.close();
  }

  /** The partition stopped: nothing is folded any more, so nothing may be decided or written. */
  abandon(): void {
    this.claimant.close();
    this.decisions.close().catch((error: unknown) => this.report('decisions_broken', error));
  }

  private owns(): boolean {
    const { epoch } = this.claimant;
    return epoch !== undefined && this.state.claim.epoch === epoch;
  }

  private foldOne(offset: number, record: Fact): void {
    const before = this.state.claim.epoch;
    const open = record.deliveryId === undefined ? undefined : this.state.deliveries.get(record.deliveryId);
    const attempt = open?.open;
    evolve(this.state, offset, record);
    if (attempt && open.open !== attempt) this.deps.observe(attempt.source, record);
    if (record.type !== 'partition_claimed' || this.state.claim.epoch === before) return;
    if (this.claimant.folded(record.body.claimId, offset) === 'ours') this.takeOver();
  }

  /** From here on only we decide. What is open may never have been commanded: its commands go out, or out again. */
  private takeOver(): void {
    this.state.takeOpened();
    const now = this.deps.nowMs();
    for (const delivery of this.state.openDeliveries()) {
      if (delivery.open && delivery.open.startBy > now) this.state.remark(delivery);
    }
  }

  /**
   * The commands of what was opened under our claim; under another's they are its owner's, or went to `takeOver`.
   * They wait until control is read: which partition a source reads is the policy's to say.
   */
  private sendOpened(): void {
    if (!this.owns()) {
      this.state.takeOpened();
      return;
    }
    const { policy } = this.deps.control();
    if (!policy || this.deps.notReady() !== undefined) return;
    const now = this.deps.nowMs();
    for (const delivery of this.state.takeOpened()) {
      const command = attemptCommand(delivery, this.state.partition, now, policy);
      const source = policy.sources.get(delivery.open?.source ?? '');
      // A source that left the policy has no dispatcher: its attempts end without an outcome.
      if (command && source) this.outbox.add(source.partition, command);
    }
    this.outbox.flush();
  }

  private async catchUp(end: number): Promise<void> {
    while (this.state.position < end) {
      const records = await this.deps.log.read(
        'mail.events',
        this.state.partition,
        this.state.position,
        CATCH_UP_RECORDS,
      );
      if (records.length === 0) return;
      this.fold(records);
    }
  }

  private report(event: string, error: unknown): void {
    this.deps.telemetry.log('error', event, { partition: this.state.partition, error: String(error) });
  }
}
