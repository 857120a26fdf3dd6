import type { SourceClaims } from '@penstock/events';
import type { Policy } from '@penstock/policy';
import type { Clock, Telemetry, TimerHandle, Timers } from '@penstock/ports';
import type { PendingAttempt } from '../commands/pending-attempt.ts';
import type { ControlWriter } from '../control/control-writer.ts';
import type { AskedBy, Departure, Succession } from './succession.ts';

type SourceStatus =
  /** `source_claimed` is on its way, or a predecessor may still send; its commands wait. */
  | 'claiming'
  | 'owned'
  /** Its address cannot be bound; its commands are handed back. */
  | 'unreachable'
  /** Nothing starts any more; its connections are being closed, and then it is released. */
  | 'leaving';

export interface OwnedSource {
  readonly name: string;
  readonly partition: number;
  /** Of this claim; a source that was given up is claimed anew with another. */
  readonly claimId: string;
  status: SourceStatus;
  /** Monotonic ms since which it is owned and its paths are paced by us alone. */
  pacedSince: number;
  /** ms since the epoch until which an unreachable source rests. */
  until: number;
  /** How often in a row it was unreachable. */
  step: number;
  waiting: PendingAttempt[];
  timer?: TimerHandle;
}

export interface SourceListener {
  /** The source may send: these commands waited for it. */
  ready(attempts: readonly PendingAttempt[]): void;
  /** Nothing leaves from the source any more. Resolves when its connections are closed and its outcomes durable. */
  leave(source: string, departure: Departure): Promise<void>;
}

/**
 * The sources whose partitions this process holds. A source is claimed on `mail.control` before anything leaves from
 * it, and released at the end. Where other processes may own the same sources, `succession` says when it is our turn.
 */
export class OwnedSources {
  private readonly sources = new Map<string, OwnedSource>();
  /** To the end of `mail.control` when the partition became ours. */
  private readonly partitions = new Map<number, number>();
  private readonly leaving = new Set<Promise<void>>();
  private policy: Policy | undefined;
  private stopped = false;
  private readonly bornAt: number;

  constructor(
    private readonly ports: { readonly clock: Clock; readonly timers: Timers; readonly telemetry: Telemetry },
    private readonly control: ControlWriter,
    private readonly owner: string,
    private readonly makeClaimId: () => string,
    private readonly listener: SourceListener,
    /** None where nobody else can own a source. */
    private readonly succession: Succession | undefined,
  ) {
    this.bornAt = ports.clock.monotonic();
  }

  /** `controlEnd`: the end of `mail.control` before the end of the partition was found. */
  assigned(partition: number, controlEnd: number): void {
    this.partitions.set(partition, controlEnd);
    this.claimMissing();
  }

  /** The partition is another's: answers the sources that were ours, and the commands that waited for them. */
  revoked(partition: number): { readonly sources: ReadonlySet<string>; readonly waiting: readonly PendingAttempt[] } {
    this.partitions.delete(partition);
    const given = [...this.sources.values()].filter((source) => source.partition === partition);
    const waiting = given.flatMap((source) => source.waiting.splice(0)).filter(({ stage }) => stage === 'queued');
    if (this.succession) for (const source of given) this.giveUp(source, 'handover', 'group');
    return { sources: new Set(given.map(({ name }) => name)), waiting };
  }

  /** Commands that still wait for their source to be claimed; they are the caller's now. */
  waiting(): readonly PendingAttempt[] {
    const all = [...this.sources.values()].flatMap((source) => source.waiting.splice(0));
    return all.filter(({ stage }) => stage === 'queued');
  }

  /** A policy that may be acted on, and who claims what: control was read to its end. */
  follow(policy: Policy, claims: ReadonlyMap<string, SourceClaims>): void {
    this.policy = policy;
    this.claimMissing();
    this.succession?.follow(claims);
    for (const source of this.sources.values()) this.consider(source);
  }

  /**
   * Takes the command if it can go now, keeps it if the source is about to be claimed; else answers until when, ms
   * since the epoch, it has to be handed back.
   */
  admit(attempt: PendingAttempt): 'go' | 'waits' | { readonly until: number } {
    const { source: name } = attempt.command.body;
    const source = this.sources.get(name);
    if (source?.status === 'owned') return 'go';
    if (source?.status === 'claiming' || (source?.status === 'leaving' && this.partitions.has(source.partition))) {
      source.waiting.push(attempt);
      return 'waits';
    }
    return { until: source?.until || this.ports.clock.now() + UNKNOWN_SOURCE_MS };
  }

  /** Whether nobody else can have sent a command of the source that we have read. */
  isCertain(name: string): boolean {
    if (!this.succession) return true;
    const status = this.sources.get(name)?.status;
    return status === 'owned' || status === 'unreachable';
  }

  /** Whether anything of the source may begin: a connection, a transaction. */
  mayStart(name: string): boolean {
    return !this.succession || (this.sources.get(name)?.status === 'owned' && this.maySend(name));
  }

  /** Whether what has begun may go on. */
  maySend(name: string): boolean {
    if (!this.succession) return true;
    const source = this.sources.get(name);
    return source !== undefined && source.status !== 'claiming' && this.succession.isFresh(source.claimId);
  }

  /** Monotonic ms since which nobody but us has paced the source's paths. */
  pacedSince(name: string): number {
    return (this.succession && this.sources.get(name)?.pacedSince) ?? this.bornAt;
  }

  /** Nothing can be bound to it. Answers until when, ms since the epoch, its commands stay away. */
  unreachable(name: string, detail: string, suspendMs: number, maxSuspendMs: number): number {
    const source = this.sources.get(name);
    const now = this.ports.clock.now();
    if (source?.status !== 'owned') return Math.max(source?.until ?? 0, now + suspendMs);
    source.status = 'unreachable';
    source.step++;
    const restMs = Math.min(suspendMs * 2 ** (source.step - 1), maxSuspendMs);
    source.until = now + restMs;
    this.ports.telemetry.log('error', 'source_unreachable', { source: name, detail });
    void this.control.write('source_unreachable', { source: name, detail });
    // Claimed anew, it is tried anew.
    source.timer = this.ports.timers.after(restMs, () => this.comeBack(source));
    return source.until;
  }

  reachable(name: string): void {
    const source = this.sources.get(name);
    if (source) source.step = 0;
  }

  /** Gives up what is claimed and not renewed in time. */
  checkHeartbeats(): void {
    for (const source of this.sources.values()) {
      if (source.status === 'leaving' || this.succession?.isFresh(source.claimId) !== false) continue;
      this.ports.telemetry.log('warn', 'source_heartbeat_stale', { source: source.name });
      this.giveUp(source, 'stale');
    }
  }

  /** Resolves when what was given up is released. */
  async handedOver(): Promise<void> {
    await Promise.all(this.leaving);
  }

  /** No connection is open any more. Resolves when every `source_released` is durable or given up. */
  async release(): Promise<void> {
    this.stopped = true;
    for (const source of this.sources.values()) {
      source.timer?.cancel();
      void this.control.write('source_released', this.claimOf(source));
    }
    this.sources.clear();
    await this.control.flushed();
  }

  private claimMissing(): void {
    for (const { name, partition } of this.policy?.sources.values() ?? []) {
      if (this.sources.has(name) || !this.partitions.has(partition) || this.stopped) continue;
      this.claim(name, partition, []);
    }
  }

  private claim(name: string, partition: number, waiting: PendingAttempt[]): void {
    const claimId = this.makeClaimId();
    const source: OwnedSource = {
      name,
      partition,
      claimId,
      status: 'claiming',
      pacedSince: this.ports.clock.monotonic(),
      until: 0,
      step: 0,
      waiting,
    };
    this.sources.set(name, source);
    this.succession?.claimed(source);
    void this.control.write('source_claimed', this.claimOf(source)).then((durable) => {
      // Where others may own it, the claim has to be read back: what stands before it counts.
      if (durable && !this.succession) this.own(source);
    });
  }

  private comeBack(source: OwnedSource): void {
    if (this.stopped || source.status !== 'unreachable') return;
    if (!this.succession) source.status = 'claiming';
    void this.control.write('source_claimed', this.claimOf(source)).then((durable) => {
      if (durable && (source.status === 'claiming' || source.status === 'unreachable')) this.own(source);
    });
  }

  private own(source: OwnedSource): void {
    if (this.stopped || this.sources.get(source.name) !== source) return;
    source.status = 'owned';
    const { waiting } = source;
    source.waiting = [];
    this.listener.ready(waiting.filter(({ stage }) => stage === 'queued'));
  }

  /** What control, or time, says of a source that is ours or is about to be. */
  private consider(source: OwnedSource): void {
    if (!this.succession || source.status === 'leaving' || this.stopped) return;
    const standing = this.succession.standing(source);
    if (standing === 'lost' || standing === 'followed') {
      this.ports.telemetry.log('warn', 'source_claimed_by_another', { source: source.name });
      this.giveUp(source, standing === 'lost' ? 'stale' : 'handover');
    } else if (standing === 'first' && source.status === 'claiming') {
      void this.takeOver(source, this.succession);
    } else if (typeof standing === 'object' && source.status === 'claiming') {
      source.timer?.cancel();
      const waitMs = Math.min(Math.max(1, Math.ceil(standing.waitMs)), LONGEST_WAIT_MS);
      source.timer = this.ports.timers.after(waitMs, () => this.consider(source));
    }
  }

  private async takeOver(source: OwnedSource, succession: Succession): Promise<void> {
    const cleanFrom = this.partitions.get(source.partition) ?? 0;
    const turn = await succession.takeOver(source, cleanFrom);
    if (source.status !== 'claiming' || this.sources.get(source.name) !== source) return;
    if (turn === 'busy') return;
    if (turn === 'not yet' || !succession.isFresh(source.claimId)) {
      source.timer?.cancel();
      source.timer = this.ports.timers.after(LOOK_AGAIN_MS, () => this.consider(source));
      return;
    }
    if (this.partitions.has(source.partition)) this.partitions.set(source.partition, turn.cleanFrom);
    source.pacedSince = this.ports.clock.monotonic();
    this.own(source);
  }

  private giveUp(source: OwnedSource, departure: Departure, asked: AskedBy = 'us'): void {
    if (source.status === 'leaving' || this.stopped) return;
    source.status = 'leaving';
    source.timer?.cancel();
    const gone = this.leave(source, departure, asked).finally(() => this.leaving.delete(gone));
    this.leaving.add(gone);
  }

  private async leave(source: OwnedSource, departure: Departure, asked: AskedBy): Promise<void> {
    await this.listener.leave(source.name, departure);
    if (this.sources.get(source.name) !== source) return;
    await this.control.write('source_released', this.claimOf(source));
    this.succession?.released(source, asked);
    if (this.sources.get(source.name) !== source) return;
    if (!this.partitions.has(source.partition)) {
      this.sources.delete(source.name);
      return;
    }
    // Still ours, says the group; if another has claimed it meanwhile, it may soon say otherwise.
    const backoffMs = this.succession?.backoffMs(source, asked) ?? LOOK_AGAIN_MS;
    source.timer = this.ports.timers.after(backoffMs, () => this.claimAgain(source));
  }

  private claimAgain(source: OwnedSource): void {
    if (this.stopped || this.sources.get(source.name) !== source) return;
    this.sources.delete(source.name);
    if (this.partitions.has(source.partition)) this.claim(source.name, source.partition, source.waiting);
  }

  private claimOf({ name, claimId }: OwnedSource) {
    return { source: name, owner: this.owner, claimId };
  }
}

/** A command for a source the policy does not know rests this long, so that it does not run in a circle. */
const UNKNOWN_SOURCE_MS = 5000;
const LOOK_AGAIN_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
