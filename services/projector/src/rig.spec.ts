/** What the projector's specs share: time that moves by hand, memory adapters, and facts in few words. */

import {
  MemoryArchive,
  MemoryArchiveData,
  MemoryEventLog,
  MemoryLogData,
  MemoryReadModels,
  MemoryStoresData,
} from '@penstock/adapter-memory';
import {
  type Control,
  deferralText,
  type Fact,
  type FactType,
  type HoldReason,
  type ReleasedDelivery,
  type Verdict,
} from '@penstock/events';
import type { Clock, LogLevel, Membership, TimerHandle, Timers } from '@penstock/ports';
import { createProjector, type Projector, type ProjectorDeps } from './projector.ts';

/** 2026-01-01T00:00:00Z, on the full minute. */
export const START = Date.UTC(2026, 0, 1);
export const MINUTE = 60_000;

export class ManualTime implements Clock, Timers {
  private elapsedMs = 0;
  private pending: { readonly dueMs: number; readonly callback: () => void }[] = [];

  now(): number {
    return START + this.elapsedMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    const entry = { dueMs: this.elapsedMs + delayMs, callback };
    this.pending.push(entry);
    return {
      cancel: () => {
        this.pending = this.pending.filter((other) => other !== entry);
      },
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  advance(ms: number): void {
    this.elapsedMs += ms;
    const due = this.pending.filter(({ dueMs }) => dueMs <= this.elapsedMs);
    this.pending = this.pending.filter((entry) => !due.includes(entry));
    for (const { callback } of due) callback();
  }

  /** Whoever waited is dead. */
  forget(): void {
    this.pending = [];
  }

  get waiting(): number {
    return this.pending.length;
  }
}

export interface Told {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** One projector on memory adapters, which outlive it. */
export class Rig {
  readonly time = new ManualTime();
  readonly told: Told[] = [];
  readonly stores = new MemoryStoresData();
  readonly archive = new MemoryArchiveData();
  readonly log: MemoryEventLog;
  projector: Projector;
  private members: Membership[] = [];

  constructor(
    readonly logData = new MemoryLogData(),
    private readonly options: Partial<ProjectorDeps> = {},
  ) {
    this.log = new MemoryEventLog(logData);
    this.projector = this.create();
  }

  async start(): Promise<void> {
    await this.projector.start();
    for (const consumer of this.projector.consumers) this.members.push(await joined(this.log, consumer));
  }

  async stop(): Promise<void> {
    for (const member of this.members.splice(0)) await member.leave();
    await this.projector.stop();
  }

  /** The process died with what was not stored; another one starts. */
  async crash(): Promise<void> {
    this.log.disconnect();
    this.time.forget();
    this.members = [];
    this.projector = this.create();
    await this.start();
  }

  async append(...facts: readonly Fact[]): Promise<void> {
    for (const fact of facts) {
      await this.log.append([{ topic: 'mail.events', partition: fact.partition, records: [fact] }]);
    }
  }

  async control(...records: readonly Control[]): Promise<void> {
    await this.log.append([{ topic: 'mail.control', partition: 0, records }]);
  }

  /** Everything appended is folded and stored. */
  async settled(): Promise<void> {
    for (let partition = 0; partition < this.log.partitionCount('mail.events'); partition++) {
      const { end } = await this.log.bounds('mail.events', partition);
      const reached = this.projector.reached(partition, end);
      let done = false;
      reached.then(
        () => {
          done = true;
        },
        () => undefined,
      );
      // A flush stores what was read by then; the memory log delivers within microtasks.
      for (let turn = 0; turn < 1_000 && !done; turn++) await this.projector.flush();
      await reached;
    }
  }

  private create(): Projector {
    return createProjector({
      log: this.log,
      readModels: new MemoryReadModels(this.stores),
      archive: new MemoryArchive(this.archive),
      clock: this.time,
      timers: this.time,
      random: { next: () => 0.5, bytes: (length) => new Uint8Array(length).fill(7) },
      telemetry: { log: (level, event, fields) => this.told.push({ level, event, fields }) },
      setsAside: true,
      ...this.options,
    });
  }
}

function joined(log: MemoryEventLog, consumer: Projector['consumers'][number]): Promise<Membership> {
  switch (consumer.topic) {
    case 'mail.events':
      return log.join(consumer);
    case 'mail.control':
      return log.join(consumer);
    default:
      throw new Error(`the projector does not read ${consumer.topic}`);
  }
}

/** Facts about one delivery; ids follow from what they say, as in production. */
export class DeliveryFacts {
  readonly deliveryId: string;

  constructor(
    readonly messageId: string,
    readonly index = 0,
    readonly partition = 0,
    readonly tenant = 'acme',
    readonly domain = 'example.org',
    /** Whether the message has several recipients. */
    readonly expanded = false,
  ) {
    this.deliveryId = `${messageId}.${index}.${partition}`;
  }

  processed(at = START, sendAt = at): Fact {
    return {
      ...this.envelope('processed', 0, at, 'processed'),
      type: 'processed',
      body: {
        content: { body: 'ref-body', recipient: 'ref-recipient' },
        index: this.index,
        domain: this.domain,
        recipientHash: 'hash-of-the-recipient',
        class: 'bulk',
        pool: 'main',
        acceptedAt: at,
        sendAt,
        size: 2_000,
        protocol: 'http',
        expanded: this.expanded,
      },
    };
  }

  released(release: number, at: number, options: { epoch?: number; provider?: string; attempt?: number } = {}): Fact {
    const entry = { deliveryId: this.deliveryId, release, attempt: options.attempt ?? release, retryMs: 60_000 };
    return releasedBatch([entry], at, { partition: this.partition, ...options });
  }

  delivered(release: number, at: number, options: { mayDuplicate?: true; provider?: string; n?: number } = {}): Fact {
    const { n = 0, ...body } = options;
    return {
      ...this.envelope('delivered', release, at, `delivered ${n}`),
      type: 'delivered',
      body: { ...outcome(release, 'accepted', 'deliver', 250), ...body },
    };
  }

  bounced(release: number, at: number): Fact {
    return {
      ...this.envelope('bounced', release, at, 'bounced'),
      type: 'bounced',
      body: outcome(release, 'user_unknown', 'bounce', 550),
    };
  }

  remote(release: number, at: number, retryAfterMs?: number, text?: string): Fact {
    const body = { cause: 'remote' as const, ...outcome(release, 'throttle_rate', 'defer', 451) };
    return {
      ...this.envelope('deferred', release, at, 'remote'),
      type: 'deferred',
      body: {
        ...body,
        ...(retryAfterMs !== undefined && { retryAfterMs }),
        ...(text !== undefined && { reply: { code: 451, text } }),
      },
    };
  }

  held(release: number, at: number, reasons: readonly HoldReason[], epoch?: number): Fact {
    return {
      ...this.envelope('deferred', release, at, `held ${at}`),
      ...(epoch !== undefined && { epoch }),
      type: 'deferred',
      body: { cause: 'held', reasons, text: deferralText(reasons), heldSince: at - 5 * MINUTE },
    };
  }

  unknownOutcome(release: number, at: number): Fact {
    return {
      ...this.envelope('outcome_unknown', release, at, 'lost'),
      type: 'outcome_unknown',
      body: { ...outcome(release, 'connection_lost', 'unknown', undefined), cause: 'connection_lost' },
    };
  }

  handedBack(release: number, at: number, until?: number): Fact {
    return {
      ...this.envelope('handed_back', release, at, 'not_started'),
      type: 'handed_back',
      body: { cause: 'not_started', source: 'ip-1', attempt: release, ...(until !== undefined && { until }) },
    };
  }

  dropped(release: number, at: number, epoch?: number): Fact {
    return {
      ...this.envelope('dropped', release, at, 'expired'),
      ...(epoch !== undefined && { epoch }),
      type: 'dropped',
      body: { cause: 'expired', attempts: release, heldMs: 0, remoteMs: 60_000 },
    };
  }

  private envelope(type: FactType, release: number, at: number, cause: string) {
    const { deliveryId, messageId, tenant, partition } = this;
    return {
      id: `${deliveryId}/${release}/${type}/${cause}`,
      version: 1 as const,
      at,
      partition,
      deliveryId,
      messageId,
      tenant,
      release,
    };
  }
}

export function releasedBatch(
  deliveries: readonly ReleasedDelivery[],
  at: number,
  options: { partition?: number; epoch?: number; provider?: string } = {},
): Fact {
  const { partition = 0, epoch, provider } = options;
  const party = provider === undefined ? 'site:mx.example.org' : `provider:${provider}`;
  return {
    id: `batch/${partition}/${epoch}/${at}/${deliveries.map((entry) => `${entry.deliveryId}/${entry.release}`).join()}`,
    type: 'released',
    version: 1,
    at,
    partition,
    ...(epoch !== undefined && { epoch }),
    body: {
      source: 'ip-1',
      site: 'mx.example.org',
      ...(provider !== undefined && { provider }),
      path: `ip-1|${party}`,
      pool: 'main',
      class: 'bulk',
      deliveries,
      startBy: at + 60_000,
      unknownRetryMs: 3_600_000,
      decision: { passedOver: [], credit: { path: `ip-1|${party}`, limit: 10, used: 1 }, budgets: [] },
      policyVersion: 'policy-1',
      controlOffset: 1,
    },
  };
}

export function claimed(partition: number, claimId: string, at = START): Fact {
  return {
    id: `claim/${claimId}`,
    type: 'partition_claimed',
    version: 1,
    at,
    partition,
    body: { claimId, owner: 'scheduler-1' },
  };
}

function outcome(attempt: number, cause: string, disposition: Verdict['disposition'], code: number | undefined) {
  return {
    attempt,
    source: 'ip-1',
    site: 'mx.example.org',
    phase: 'final_dot' as const,
    scope: 'recipient' as const,
    host: { name: 'mx1.example.org', address: '192.0.2.1', port: 25 },
    ...(code !== undefined && { reply: { code, text: `${code} as the server said` } }),
    verdict: { cause, scope: 'recipient' as const, disposition, confidence: 1 },
    timings: { transactionMs: 12 },
  };
}
