import type { EventLog, Telemetry, TimerHandle, Timers } from '@penstock/ports';

export const DISPATCHER_GROUP = 'dispatcher';

/** A command of the partition and how many of its deliveries still wait for a durable outcome. */
export interface LedgerEntry {
  readonly ledger: OffsetLedger;
  readonly offset: number;
  open: number;
}

/** Commits are spread this far: one that is lost only means more commands handed back in doubt. */
const COMMIT_EVERY_MS = 200;

/** Commands of one partition in the order read. The position committed is the lowest command that is not settled. */
export class OffsetLedger {
  private entries: LedgerEntry[] = [];
  private head = 0;
  private committed: number;
  private next: number;
  private timer: TimerHandle | undefined;
  private committing: Promise<void> = Promise.resolve();

  constructor(
    private readonly ports: { readonly log: EventLog; readonly timers: Timers; readonly telemetry: Telemetry },
    readonly partition: number,
    from: number,
  ) {
    this.committed = from;
    this.next = from;
  }

  /** Lowest offset that is not settled. */
  get position(): number {
    return this.entries[this.head]?.offset ?? this.next;
  }

  /** Offsets come in order; an entry without open deliveries is settled as it comes. */
  take(offset: number, open: number): LedgerEntry {
    const entry = { ledger: this, offset, open };
    this.entries.push(entry);
    this.next = offset + 1;
    if (open === 0) this.advance();
    return entry;
  }

  /** One of the entry's deliveries has its durable outcome. */
  settle(entry: LedgerEntry): void {
    entry.open--;
    if (entry.open === 0) this.advance();
  }

  /** Commits the position now; never rejects, since a commit may be lost. */
  flush(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    this.committing = this.committing.then(() => this.commit());
    return this.committing;
  }

  private advance(): void {
    while (this.entries[this.head]?.open === 0) this.head++;
    if (this.head >= this.entries.length || this.head > 1024) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
    if (this.position === this.committed || this.timer) return;
    this.timer = this.ports.timers.after(COMMIT_EVERY_MS, () => void this.flush());
  }

  private async commit(): Promise<void> {
    const { position } = this;
    if (position === this.committed) return;
    try {
      await this.ports.log.commit(DISPATCHER_GROUP, 'mail.attempts', this.partition, position);
      this.committed = position;
    } catch (error) {
      this.ports.telemetry.log('warn', 'attempts_commit_failed', { partition: this.partition, error: String(error) });
    }
  }
}
