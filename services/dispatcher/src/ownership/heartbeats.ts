import { derivedId, type OwnerRenewed } from '@penstock/events';
import type {
  AnyConsumer,
  Clock,
  EventLog,
  PartitionHandler,
  StoredRecord,
  Telemetry,
  TimerHandle,
  Timers,
} from '@penstock/ports';

type Signals = 'mail.signals';

/** An owner whose last renewal that it read back is older than this, by its monotonic clock, sends nothing more. */
export const SESSION_TIMEOUT_MS = 30_000;
/** A claim whose renewals are not heard for this long is over: its owner has stopped long before. */
export const SILENCE_MS = 60_000;
const RENEW_EVERY_MS = 10_000;
/** After an append that failed. */
const RENEW_AGAIN_MS = 1000;
const LOOK_EVERY_MS = 1000;

interface OwnClaim {
  readonly source: string;
  /** When the last renewal that was read back was sent, monotonic ms. */
  renewedAt: number;
}

interface SentRenewal {
  readonly at: number;
  readonly claimIds: readonly string[];
}

/**
 * The heartbeats of owners, both ways. Ours: a renewal counts from when it was sent, and only if it is read back while
 * the one before it still counts; so what others have waited for after our silence stays true whenever we wake.
 * Theirs: a renewal counts from when it is read.
 */
export class Heartbeats implements PartitionHandler<Signals> {
  readonly consumer: AnyConsumer;
  private readonly own = new Map<string, OwnClaim>();
  private readonly others = new Map<string, number>();
  private readonly sent = new Map<string, SentRenewal>();
  private sequence = 0;
  private nextAt = 0;
  private timer: TimerHandle | undefined;
  private position: number | undefined;
  /** Monotonic ms since which every renewal is heard. */
  private hearingSince = Number.POSITIVE_INFINITY;
  private waiting: { readonly offset: number; readonly resolve: () => void }[] = [];
  private failure: string | undefined;
  private stopped = false;

  constructor(
    private readonly ports: {
      readonly log: EventLog;
      readonly clock: Clock;
      readonly timers: Timers;
      readonly telemetry: Telemetry;
    },
    private readonly owner: string,
    /** Unique to the process. */
    private readonly writer: string,
    /** Looked at now and then: whoever has a claim that is not fresh any more gives it up. */
    private readonly looked: () => void,
  ) {
    this.consumer = { group: `dispatcher-signals-${writer}`, topic: 'mail.signals', handler: this };
  }

  notReady(): string | undefined {
    return this.failure;
  }

  /** A claim of ours, which is its own first renewal: `sentAt` in monotonic ms. */
  begin(source: string, claimId: string, sentAt: number): void {
    this.own.set(claimId, { source, renewedAt: sentAt });
    this.nextAt = Math.min(this.nextAt, sentAt);
    this.timer ??= this.ports.timers.after(LOOK_EVERY_MS, () => this.look());
  }

  /** It is released. */
  end(claimId: string): void {
    this.own.delete(claimId);
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** Whether a claim of ours lets anything leave now. */
  isFresh(claimId: string): boolean {
    const claim = this.own.get(claimId);
    return claim !== undefined && this.ports.clock.monotonic() - claim.renewedAt < SESSION_TIMEOUT_MS;
  }

  /** The claims of others that are open, as control says now: who is new in it is heard now. */
  follow(claimIds: ReadonlySet<string>): void {
    const now = this.ports.clock.monotonic();
    for (const claimId of this.others.keys()) if (!claimIds.has(claimId)) this.others.delete(claimId);
    for (const claimId of claimIds) if (!this.others.has(claimId)) this.others.set(claimId, now);
  }

  /** How long until another's claim is over, unless it is heard again meanwhile; 0 or less if it is. */
  silentInMs(claimId: string): number {
    const now = this.ports.clock.monotonic();
    return Math.max(this.others.get(claimId) ?? now, this.hearingSince) + SILENCE_MS - now;
  }

  /** Resolves once everything before `offset` is heard. */
  heard(offset: number): Promise<void> {
    if ((this.position ?? 0) >= offset) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ offset, resolve }));
  }

  async assigned(partition: number): Promise<number> {
    const { begin, end } = await this.ports.log.bounds('mail.signals', partition);
    const known = this.position;
    if (known !== undefined && known >= begin) return known;
    this.position = end;
    this.hearingSince = this.ports.clock.monotonic();
    return end;
  }

  async batch(_partition: number, records: readonly StoredRecord<Signals>[]): Promise<void> {
    const now = this.ports.clock.monotonic();
    for (const { offset, record } of records) {
      this.position = offset + 1;
      if (record.type !== 'owner_renewed') continue;
      this.readBack(record, now);
      for (const { claimId } of record.body.claims) if (this.others.has(claimId)) this.others.set(claimId, now);
    }
    const position = this.position ?? 0;
    const due = this.waiting.filter(({ offset }) => offset <= position);
    this.waiting = this.waiting.filter(({ offset }) => offset > position);
    for (const { resolve } of due) resolve();
  }

  async revoked(): Promise<void> {}

  failed(_partition: number, error: unknown): void {
    this.failure = 'mail.signals could not be read';
    this.ports.telemetry.log('error', 'signals_stopped', { error: String(error) });
  }

  private readBack({ id }: OwnerRenewed, now: number): void {
    const renewal = this.sent.get(id);
    if (!renewal) return;
    this.sent.delete(id);
    for (const claimId of renewal.claimIds) {
      const claim = this.own.get(claimId);
      // Read back too late it renews nothing: somebody may have taken over in between.
      if (!claim || now - claim.renewedAt >= SESSION_TIMEOUT_MS) continue;
      claim.renewedAt = Math.max(claim.renewedAt, renewal.at);
    }
  }

  private look(): void {
    this.timer = undefined;
    if (this.stopped) return;
    this.looked();
    const now = this.ports.clock.monotonic();
    for (const [id, { at }] of this.sent) if (now - at >= SESSION_TIMEOUT_MS) this.sent.delete(id);
    if (now >= this.nextAt && this.own.size > 0) {
      this.nextAt = now + RENEW_EVERY_MS;
      void this.renew(now);
    }
    if (this.own.size > 0) this.timer = this.ports.timers.after(LOOK_EVERY_MS, () => this.look());
  }

  private async renew(sentAt: number): Promise<void> {
    const { log, clock, telemetry } = this.ports;
    const fresh = [...this.own].filter(([claimId]) => this.isFresh(claimId));
    if (fresh.length === 0) return;
    const claims = fresh.map(([claimId, { source }]) => ({ source, claimId }));
    const id = derivedId('owner_renewed', this.writer, this.sequence++);
    this.sent.set(id, { at: sentAt, claimIds: claims.map(({ claimId }) => claimId) });
    const head = { id, type: 'owner_renewed', version: 1, at: clock.now(), partition: 0 } as const;
    try {
      const records = [{ ...head, body: { owner: this.owner, claims } }];
      await log.append([{ topic: 'mail.signals', partition: 0, records }]);
    } catch (error) {
      this.nextAt = Math.min(this.nextAt, clock.monotonic() + RENEW_AGAIN_MS);
      telemetry.log('warn', 'renewal_not_recorded', { error: String(error) });
    }
  }
}
