import type { Policy } from '@penstock/policy';
import type { Clock, Telemetry, TimerHandle, Timers } from '@penstock/ports';
import type { PendingAttempt } from '../commands/pending-attempt.ts';
import type { ControlWriter } from './control-writer.ts';

type SourceStatus =
  /** `source_claimed` is on its way; its commands wait. */
  | 'claiming'
  | 'owned'
  /** Its address cannot be bound; its commands are handed back. */
  | 'unreachable';

interface OwnedSource {
  readonly name: string;
  readonly partition: number;
  status: SourceStatus;
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
}

/**
 * The sources whose partitions this process holds. A source is claimed on `mail.control` before anything leaves from
 * it, and released at the end.
 */
export class OwnedSources {
  private readonly sources = new Map<string, OwnedSource>();
  private readonly partitions = new Set<number>();
  private policy: Policy | undefined;
  private stopped = false;

  constructor(
    private readonly ports: { readonly clock: Clock; readonly timers: Timers; readonly telemetry: Telemetry },
    private readonly control: ControlWriter,
    private readonly owner: string,
    private readonly claimId: string,
    private readonly listener: SourceListener,
  ) {}

  assigned(partition: number): void {
    this.partitions.add(partition);
    this.claimMissing();
  }

  /** The partition is another's: answers the sources that were ours, and the commands that waited for them. */
  revoked(partition: number): { readonly sources: ReadonlySet<string>; readonly waiting: readonly PendingAttempt[] } {
    this.partitions.delete(partition);
    const given = [...this.sources.values()].filter((source) => source.partition === partition);
    const waiting = given.flatMap((source) => source.waiting.splice(0)).filter(({ stage }) => stage === 'queued');
    return { sources: new Set(given.map(({ name }) => name)), waiting };
  }

  /** Commands that still wait for their source to be claimed; they are the caller's now. */
  waiting(): readonly PendingAttempt[] {
    const all = [...this.sources.values()].flatMap((source) => source.waiting.splice(0));
    return all.filter(({ stage }) => stage === 'queued');
  }

  /** A policy that may be acted on: control was read to its end. */
  follow(policy: Policy): void {
    this.policy = policy;
    this.claimMissing();
  }

  /**
   * Takes the command if it can go now, keeps it if the source is about to be claimed; else answers until when, ms
   * since the epoch, it has to be handed back.
   */
  admit(attempt: PendingAttempt): 'go' | 'waits' | { readonly until: number } {
    const { source: name } = attempt.command.body;
    const source = this.sources.get(name);
    if (source?.status === 'owned') return 'go';
    if (source?.status === 'claiming') {
      source.waiting.push(attempt);
      return 'waits';
    }
    return { until: source?.until ?? this.ports.clock.now() + UNKNOWN_SOURCE_MS };
  }

  /** Nothing can be bound to it. Answers until when, ms since the epoch, its commands stay away. */
  unreachable(name: string, detail: string, suspendMs: number, maxSuspendMs: number): number {
    const source = this.sources.get(name);
    const now = this.ports.clock.now();
    if (!source || source.status === 'unreachable') return source?.until ?? now + suspendMs;
    source.status = 'unreachable';
    source.step++;
    const restMs = Math.min(suspendMs * 2 ** (source.step - 1), maxSuspendMs);
    source.until = now + restMs;
    this.ports.telemetry.log('error', 'source_unreachable', { source: name, detail });
    void this.control.write('source_unreachable', { source: name, detail });
    // Claimed anew, it is tried anew.
    source.timer = this.ports.timers.after(restMs, () => this.claim(source));
    return source.until;
  }

  reachable(name: string): void {
    const source = this.sources.get(name);
    if (source) source.step = 0;
  }

  /** No connection is open any more. Resolves when every `source_released` is durable or given up. */
  async release(): Promise<void> {
    this.stopped = true;
    for (const { name: source, timer } of this.sources.values()) {
      timer?.cancel();
      void this.control.write('source_released', { source, owner: this.owner, claimId: this.claimId });
    }
    await this.control.flushed();
  }

  private claimMissing(): void {
    for (const { name, partition } of this.policy?.sources.values() ?? []) {
      if (this.sources.has(name) || !this.partitions.has(partition) || this.stopped) continue;
      const source: OwnedSource = { name, partition, status: 'claiming', until: 0, step: 0, waiting: [] };
      this.sources.set(name, source);
      this.claim(source);
    }
  }

  private claim(source: OwnedSource): void {
    if (this.stopped) return;
    source.status = 'claiming';
    const body = { source: source.name, owner: this.owner, claimId: this.claimId };
    void this.control.write('source_claimed', body).then((durable) => {
      if (!durable || this.stopped) return;
      source.status = 'owned';
      const { waiting } = source;
      source.waiting = [];
      this.listener.ready(waiting.filter(({ stage }) => stage === 'queued'));
    });
  }
}

/** A command for a source the policy does not know rests this long, so that it does not run in a circle. */
const UNKNOWN_SOURCE_MS = 5000;
