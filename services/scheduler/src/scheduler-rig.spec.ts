/** A scheduler over a log in memory, with time in the spec's hands. For specs. */
import {
  MemoryEventLog,
  MemoryLogData,
  type MemoryLogHooks,
  MemoryQuotaStore,
  MemoryStateCopies,
  MemoryStateStore,
  MemoryStoresData,
} from '@penstock/adapter-memory';
import {
  type Attempt,
  type Control,
  type Deferred,
  type Delivered,
  derivedId,
  type Fact,
  factId,
  formatDeliveryId,
  type Processed,
} from '@penstock/events';
import { policyVersion } from '@penstock/policy';
import type {
  Clock,
  Membership,
  MxAnswer,
  QuotaStore,
  Random,
  Resolver,
  Telemetry,
  TimerHandle,
  Timers,
} from '@penstock/ports';
import type { SchedulerDeps } from './deps.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';

export const START = 1_750_000_000_000;

const POLICY = `
egress = "internet"
["default"]
connection_limit = 4
[source."ip-1"]
ehlo_domain = "mail.example.com"
partition = 7
[pool."default"]
sources = ["ip-1"]
[retry]
jitter = 0.0
`;

/** Wall, monotonic and timers of one machine. */
export class ManualTime implements Clock, Timers {
  wallMs = START;
  monotonicMs = 0;
  private readonly waiting: { readonly at: number; readonly callback: () => void; cancelled: boolean }[] = [];

  now(): number {
    return this.wallMs;
  }

  monotonic(): number {
    return this.monotonicMs;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    const timer = { at: this.monotonicMs + Math.max(1, delayMs), callback, cancelled: false };
    this.waiting.push(timer);
    return {
      cancel: () => {
        timer.cancelled = true;
      },
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Lets time pass, timer by timer. */
  async pass(ms: number): Promise<void> {
    const end = this.monotonicMs + ms;
    for (let fired = 0; fired < 10_000; fired++) {
      const next = this.takeNext(end);
      if (!next) break;
      this.moveTo(next.at);
      next.callback();
      await settled();
    }
    this.moveTo(end);
    await settled();
  }

  private takeNext(end: number) {
    const live = this.waiting.filter(({ cancelled, at }) => !cancelled && at <= end).sort((a, b) => a.at - b.at);
    const [next] = live;
    if (next) this.waiting.splice(this.waiting.indexOf(next), 1);
    return next;
  }

  private moveTo(monotonicMs: number): void {
    const passed = Math.max(0, monotonicMs - this.monotonicMs);
    this.monotonicMs += passed;
    this.wallMs += passed;
  }
}

/** Lets every promise chain in memory run to its end: nothing here waits for anything but microtasks. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 200; turns++) await Promise.resolve();
}

class CountingRandom implements Random {
  private count = 0;

  next(): number {
    return 0.5;
  }

  bytes(length: number): Uint8Array {
    this.count += 1;
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = (this.count * 31 + i * 7) & 255;
    return bytes;
  }
}

export interface Life {
  readonly scheduler: Scheduler;
  readonly log: MemoryEventLog;
  /** Leaves its groups and stops, in order. */
  stop(): Promise<void>;
  /** Dies: its log hears nothing more from it, and its partitions go to others at once. */
  crash(): void;
}

export class SchedulerRig {
  readonly time = new ManualTime();
  readonly data: MemoryLogData;
  stores = new MemoryStoresData();
  readonly copies = new MemoryStateCopies();
  quotas: QuotaStore = new MemoryQuotaStore(() => this.time.monotonicMs);
  readonly answers = new Map<string, MxAnswer>();
  suppressions: NonNullable<SchedulerDeps['suppressions']> = {
    reasonFor: () => undefined,
    notReady: () => undefined,
    onChange: () => {},
  };
  readonly logged: string[] = [];
  private readonly random = new CountingRandom();
  private controls = 0;
  private mails = 0;

  constructor(maxBatchRecords?: number) {
    this.data = new MemoryLogData({
      partitions: { 'mail.events': 1, 'mail.attempts': 8 },
      ...(maxBatchRecords === undefined ? {} : { maxBatchRecords }),
    });
    this.policy();
    this.control('source_claimed', { source: 'ip-1', owner: 'd', claimId: 'c' });
  }

  policy(more = ''): void {
    const text = POLICY + more;
    this.control('policy_changed', { policyVersion: policyVersion(text), text, changedBy: 'spec' });
  }

  control<T extends Control['type']>(type: T, body: Extract<Control, { type: T }>['body']): void {
    const id = `control-${this.controls++}`;
    this.data.store('mail.control', 0, [{ id, type, version: 1, at: START, partition: 0, body } as Control]);
  }

  /** Starts a scheduler and joins its consumers. */
  async start(hooks: MemoryLogHooks = {}): Promise<Life> {
    const connection = new Connection(hooks);
    const log = new MemoryEventLog(this.data, connection);
    const scheduler = createScheduler({
      log,
      state: new MemoryStateStore(this.stores),
      copies: this.copies,
      quotas: this.quotas,
      resolver: this.resolver(),
      suppressions: this.suppressions,
      clock: this.time,
      timers: this.time,
      random: this.random,
      telemetry: this.telemetry(),
      owner: 'spec',
    });
    await scheduler.start();
    const memberships: Membership[] = [];
    for (const consumer of scheduler.consumers) memberships.push(await log.join(consumer));
    await settled();
    const stop = async () => {
      for (const membership of memberships) await membership.leave();
      await scheduler.stop();
    };
    const crash = () => {
      connection.cut = true;
      log.disconnect();
    };
    return { scheduler, log, stop, crash };
  }

  async mail(options: { domain?: string; sendAt?: number } = {}): Promise<string> {
    const messageId = `m${++this.mails}`;
    const deliveryId = formatDeliveryId({ messageId, index: 0, partition: 0 });
    const at = this.time.now();
    const record: Processed = {
      id: factId(deliveryId, 0, 'processed', ''),
      type: 'processed',
      version: 1,
      at,
      partition: 0,
      deliveryId,
      messageId,
      tenant: 'acme',
      body: {
        content: { body: 'b', recipient: 'r' },
        index: 0,
        domain: options.domain ?? 'example.com',
        recipientHash: 'h',
        class: 'bulk',
        pool: 'default',
        acceptedAt: at,
        sendAt: options.sendAt ?? at,
        size: 1000,
        protocol: 'http',
        expanded: false,
      },
    };
    await this.append(record);
    return deliveryId;
  }

  async append(...facts: readonly Fact[]): Promise<void> {
    this.data.store('mail.events', 0, facts);
    await settled();
  }

  /** Answers the command with the outcome; the record says when. */
  async delivered(command: Attempt): Promise<void> {
    await this.append({
      ...this.outcome(command, 'delivered'),
      type: 'delivered',
      body: attemptOf(command),
    } as Delivered);
  }

  async deferred(command: Attempt, retryAfterMs: number): Promise<void> {
    const body = { ...attemptOf(command), cause: 'remote' as const, retryAfterMs };
    await this.append({ ...this.outcome(command, 'deferred'), type: 'deferred', body } as Deferred);
  }

  events(): readonly Fact[] {
    return this.data.read('mail.events', 0, 0, 100_000).map(({ record }) => record as Fact);
  }

  types(): readonly string[] {
    return this.events().map(({ type }) => type);
  }

  /** Commands sent to source `ip-1`, repeats included. */
  commands(): readonly Attempt[] {
    return this.data.read('mail.attempts', 7, 0, 100_000).map(({ record }) => record as Attempt);
  }

  /** `delivery id/release` of each command. */
  commanded(): readonly string[] {
    return this.commands().map(({ deliveryId, release }) => `${deliveryId}/${release}`);
  }

  private outcome({ deliveryId, release }: Attempt, type: string) {
    const id = derivedId(deliveryId ?? '', release ?? 0, type);
    return { id, version: 1, at: this.time.now(), partition: 0, deliveryId, release };
  }

  private resolver(): Resolver {
    return {
      resolveMx: async (domain) => this.answers.get(domain) ?? { kind: 'implicit', ttlMs: 3_600_000 },
      resolveAddresses: async () => ({ kind: 'none' }),
      resolveTxt: async () => ({ kind: 'none' }),
    };
  }

  private telemetry(): Telemetry {
    return { log: (_level, event) => this.logged.push(event) };
  }
}

/** What a dead process tries to do never happens. */
class Connection implements MemoryLogHooks {
  cut = false;

  constructor(private readonly hooks: MemoryLogHooks) {}

  async beforeStore(batch: Parameters<NonNullable<MemoryLogHooks['beforeStore']>>[0]): Promise<void> {
    await this.alive();
    await this.hooks.beforeStore?.(batch);
    await this.alive();
  }

  async beforeAcknowledge(batches: Parameters<NonNullable<MemoryLogHooks['beforeAcknowledge']>>[0]): Promise<void> {
    await this.hooks.beforeAcknowledge?.(batches);
    await this.alive();
  }

  private alive(): Promise<void> {
    return this.cut ? new Promise<never>(() => {}) : Promise.resolve();
  }
}

function attemptOf({ body }: Attempt) {
  const verdict = { cause: 'spec', scope: 'recipient' as const, disposition: 'defer' as const, confidence: 1 };
  const { source, site, deliveries } = body;
  const attempt = deliveries[0]?.attempt ?? 0;
  return { attempt, source, site, phase: 'final_dot' as const, scope: 'recipient' as const, verdict, timings: {} };
}
