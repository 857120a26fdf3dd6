import type { AttemptDelivery } from '@penstock/events';
import type { Clock, EventLog, PartitionHandler, StoredRecord, Telemetry, Timers } from '@penstock/ports';
import type { Settlement } from '../outcomes/settlement.ts';
import { DISPATCHER_GROUP, type LedgerEntry, OffsetLedger } from './offset-ledger.ts';
import { lastStart, type PendingAttempt } from './pending-attempt.ts';
import type { RememberedStarts } from './remembered-starts.ts';
import { settledCommands } from './settled-commands.ts';

type Attempts = 'mail.attempts';
type StoredAttempt = StoredRecord<Attempts>;

export interface IntakePorts {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

export interface IntakeOffice {
  /** `controlEnd`: the end of `mail.control` before the end of the partition was found. */
  assigned(partition: number, controlEnd: number): void;
  revoked(partition: number): void;
  /** Commands to be started, in order. */
  take(attempts: readonly PendingAttempt[]): void;
}

interface Held {
  readonly ledger: OffsetLedger;
  /** Commands before this offset may have been started by a predecessor. */
  end: number;
}

/** Reads the commands. What a predecessor may have started is handed back in doubt; nothing is taken twice. */
export class AttemptIntake implements PartitionHandler<Attempts> {
  private readonly partitions = new Map<number, Held>();
  private failure: string | undefined;

  constructor(
    private readonly ports: IntakePorts,
    private readonly remembered: RememberedStarts,
    private readonly settlement: Settlement,
    private readonly office: IntakeOffice,
  ) {}

  notReady(): string | undefined {
    return this.failure;
  }

  async assigned(partition: number): Promise<number> {
    const { log } = this.ports;
    const control = await log.bounds('mail.control', 0);
    const [{ begin, end }, committed] = await Promise.all([
      log.bounds('mail.attempts', partition),
      log.committed(DISPATCHER_GROUP, 'mail.attempts', partition),
    ]);
    // A commit may outlive what it points to, and the records it covered may be gone.
    const from = Math.min(Math.max(committed ?? begin, begin), end);
    await this.rememberSettled(partition, begin, from);
    this.partitions.set(partition, { ledger: new OffsetLedger(this.ports, partition, from), end });
    this.office.assigned(partition, control.end);
    return from;
  }

  private async rememberSettled(partition: number, begin: number, end: number): Promise<void> {
    const { log, clock } = this.ports;
    const settled = await settledCommands(log, partition, { begin, end, now: clock.now() });
    for (const command of settled) {
      for (const { deliveryId, release } of command.body.deliveries) {
        this.remembered.remember(deliveryId, release, lastStart(command));
        this.remembered.settled(deliveryId, release);
      }
    }
  }

  async batch(partition: number, records: readonly StoredAttempt[]): Promise<void> {
    const held = this.partitions.get(partition);
    if (!held) throw new Error(`mail.attempts partition ${partition} is not ours`);
    this.remembered.forgetDue(this.ports.clock.now(), records.length * 2 + 16);
    const taken: PendingAttempt[] = [];
    const queuedAt = this.ports.clock.monotonic();
    for (const stored of records) {
      const attempt = this.attemptOf(held.ledger, stored, queuedAt);
      if (attempt.deliveries.length === 0) continue;
      if (stored.offset < held.end) this.settlement.handBack(attempt, 'in_doubt');
      else taken.push(attempt);
    }
    if (taken.length > 0) this.office.take(taken);
  }

  async revoked(partition: number): Promise<void> {
    this.office.revoked(partition);
    await this.partitions.get(partition)?.ledger.flush();
  }

  /** A predecessor could send until now: commands of the partition before `end` are in doubt. */
  doubt(partition: number, end: number): void {
    const held = this.partitions.get(partition);
    if (held) held.end = Math.max(held.end, end);
  }

  isDoubtful({ entry }: PendingAttempt): boolean {
    return entry.offset < (this.partitions.get(entry.ledger.partition)?.end ?? 0);
  }

  failed(partition: number, error: unknown): void {
    this.failure = `mail.attempts partition ${partition} could not be read`;
    this.ports.telemetry.log('error', 'attempts_stopped', { partition, error: String(error) });
  }

  /** Commits how far every partition is settled. */
  async flush(): Promise<void> {
    await Promise.all([...this.partitions.values()].map(({ ledger }) => ledger.flush()));
  }

  private attemptOf(
    ledger: OffsetLedger,
    { offset, record: command }: StoredAttempt,
    queuedAt: number,
  ): PendingAttempt {
    const startBy = lastStart(command);
    const deliveries: AttemptDelivery[] = [];
    let underWay = 0;
    // A partition that was ours before, and is again, may bring what is still under way: it is not settled before that is.
    const settle = (): void => ledger.settle(entry);
    for (const delivery of command.body.deliveries) {
      const { deliveryId, release } = delivery;
      if (this.remembered.remember(deliveryId, release, startBy)) deliveries.push(delivery);
      else if (this.remembered.awaits(deliveryId, release, settle)) underWay += 1;
    }
    const entry: LedgerEntry = ledger.take(offset, deliveries.length + underWay);
    return { command, deliveries, entry, queuedAt, stage: 'queued', counted: false, replaced: false };
  }
}
