/**
 * Given facts, when asked at a time, then these facts: the language of the scheduler's specs. A `PartitionHistory`
 * is one partition's log with the fold of it; what `decide` proposes is appended and folded like anything else.
 */
import type {
  Bounced,
  Control,
  Deferred,
  Delivered,
  Fact,
  HandedBack,
  HoldReason,
  OutcomeUnknown,
  PartitionClaimed,
  Processed,
  Released,
  SourceWarmupStarted,
  TrafficClass,
} from '@penstock/events';
import { derivedId, factId, formatDeliveryId } from '@penstock/events';
import {
  type Policy,
  type PoolPolicy,
  parsePolicy,
  SHIPPED_DISPATCH,
  SHIPPED_RETRY,
  SHIPPED_SHAPING,
  type Shaping,
} from '@penstock/policy';
import { type ControlState, foldControl, INITIAL_CONTROL } from './control-state.ts';
import { decide, type Proposal } from './decide.ts';
import type { Delivery } from './delivery.ts';
import { evolve } from './evolve.ts';
import type { Grants, SiteInfo } from './grants.ts';
import { createPartitionState, type PartitionState } from './partition-state.ts';
import { TokenPurse } from './token-purse.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** Noon of a day; every spec's time is told from here. */
export const START = 1_750_000_000_000;

export interface MailOptions {
  readonly domain?: string;
  readonly class?: TrafficClass;
  readonly pool?: string;
  readonly acceptedAt?: number;
  readonly sendAt?: number;
  readonly expanded?: boolean;
  readonly tenant?: string;
}

export interface PolicyOptions {
  readonly shaping?: Partial<Shaping>;
  readonly retry?: Partial<Policy['retry']>;
  readonly dispatch?: Partial<Policy['dispatch']>;
  readonly sources?: readonly string[];
  readonly providers?: Policy['providers'];
  /** Besides the pool `default`, which has all sources. */
  readonly pools?: readonly PoolPolicy[];
}

export function policyWith(options: PolicyOptions = {}): Policy {
  const sources = options.sources ?? ['ip-1'];
  const { maxMessageRate: _, ...unpaced } = SHIPPED_SHAPING;
  return {
    ...parsePolicy(''),
    version: '0123456789ab',
    egress: 'sandbox',
    shaping: { ...unpaced, connectionLimit: 4, ...options.shaping },
    providers: options.providers ?? [],
    sources: new Map(sources.map((name, index) => [name, { name, ehlo: `${name}.example`, partition: index + 1 }])),
    pools: new Map([{ name: 'default', sources }, ...(options.pools ?? [])].map((pool) => [pool.name, pool])),
    defaultPool: 'default',
    retry: { ...SHIPPED_RETRY, jitter: 0, ...options.retry },
    dispatch: { ...SHIPPED_DISPATCH, ...options.dispatch },
  };
}

export class PartitionHistory {
  readonly records: Fact[] = [];
  readonly state: PartitionState;
  control: ControlState;
  readonly sites = new Map<string, SiteInfo>();
  readonly purse = new TokenPurse();
  private controlOffset = 0;
  private claims = 0;
  private mails = 0;

  constructor(
    options: PolicyOptions = {},
    readonly partition = 0,
    partitionCount = 1,
  ) {
    this.state = createPartitionState(partition, partitionCount);
    this.control = { ...INITIAL_CONTROL, policy: policyWith(options) };
    for (const source of this.policy.sources.keys()) this.own(source);
  }

  get policy(): Policy {
    return present(this.control.policy, 'a policy');
  }

  set policy(policy: Policy) {
    this.control = { ...this.control, policy, offset: ++this.controlOffset };
  }

  /** Appends and folds. */
  append(...records: readonly Fact[]): this {
    for (const record of records) {
      evolve(this.state, this.records.length, record);
      this.records.push(record);
    }
    return this;
  }

  claim(at = START, claimId = `claim-${++this.claims}`): this {
    const record: PartitionClaimed = {
      id: derivedId(claimId),
      type: 'partition_claimed',
      version: 1,
      at,
      partition: this.partition,
      body: { claimId, owner: 'spec' },
    };
    return this.append(record);
  }

  /** One `processed`; answers the delivery's id. */
  mail(options: MailOptions = {}): string {
    const record = this.processed(options);
    this.append(record);
    return record.deliveryId ?? '';
  }

  processed(options: MailOptions = {}, index = 0, message = `m${++this.mails}`): Processed {
    const acceptedAt = options.acceptedAt ?? START;
    const domain = options.domain ?? 'example.com';
    if (!this.sites.has(domain)) this.sites.set(domain, { site: domain });
    const deliveryId = formatDeliveryId({ messageId: message, index, partition: this.partition });
    return {
      id: factId(deliveryId, 0, 'processed', ''),
      type: 'processed',
      version: 1,
      at: acceptedAt,
      partition: this.partition,
      deliveryId,
      messageId: message,
      tenant: options.tenant ?? 'acme',
      body: {
        content: { body: 'b', recipient: `r-${deliveryId}` },
        index,
        domain,
        recipientHash: 'h',
        class: options.class ?? 'bulk',
        pool: options.pool ?? 'default',
        acceptedAt,
        sendAt: options.sendAt ?? acceptedAt,
        size: 1000,
        protocol: 'http',
        expanded: options.expanded ?? false,
      },
    };
  }

  /** What the scheduler proposes at `nowMs`, with log time equal to it unless told. */
  ask(nowMs: number, logTimeMs = nowMs): Proposal {
    const grants: Grants = { sites: this.sites, budgets: this.purse.at(nowMs) };
    return decide(this.state, this.control, { nowMs, logTimeMs }, grants);
  }

  /** Asks and appends what is proposed, until nothing more is; answers all of it. */
  run(nowMs: number, logTimeMs = nowMs): readonly Fact[] {
    const all: Fact[] = [];
    for (let rounds = 0; rounds < 1000; rounds++) {
      const { records } = this.ask(nowMs, logTimeMs);
      if (records.length === 0) return all;
      this.append(...records);
      all.push(...records);
    }
    throw new Error('the scheduler never comes to rest');
  }

  delivery(deliveryId: string): Delivery {
    return present(this.state.deliveries.get(deliveryId), `pending ${deliveryId}`);
  }

  delivered(deliveryId: string, at: number): Delivered {
    return { ...this.outcomeOf(deliveryId, 'delivered', at), type: 'delivered', body: this.attempt(deliveryId) };
  }

  bounced(deliveryId: string, at: number): Bounced {
    return { ...this.outcomeOf(deliveryId, 'bounced', at), type: 'bounced', body: this.attempt(deliveryId) };
  }

  deferred(deliveryId: string, at: number, more: { cause?: string; retryAfterMs?: number } = {}): Deferred {
    const attempt = this.attempt(deliveryId, more.cause ?? 'mailbox_full');
    const hint = more.retryAfterMs === undefined ? {} : { retryAfterMs: more.retryAfterMs };
    return {
      ...this.outcomeOf(deliveryId, 'deferred', at),
      type: 'deferred',
      body: { ...attempt, ...hint, cause: 'remote', reply: { code: 452, enhanced: '4.2.2', text: 'full' } },
    };
  }

  unknown(deliveryId: string, at: number): OutcomeUnknown {
    const body = { ...this.attempt(deliveryId), cause: 'connection_lost' as const };
    return { ...this.outcomeOf(deliveryId, 'outcome_unknown', at), type: 'outcome_unknown', body };
  }

  handedBack(deliveryId: string, at: number, more: Partial<HandedBack['body']> = {}): HandedBack {
    const { source, attempt } = this.attempt(deliveryId);
    const body = { cause: 'not_started' as const, source, attempt, ...more };
    return { ...this.outcomeOf(deliveryId, 'handed_back', at), type: 'handed_back', body };
  }

  throttle(path: string, until: number, reason: HoldReason = 'path_throttled'): void {
    const [source = '', site = ''] = path.split('|site:');
    const evidence = {
      phase: 'banner' as const,
      verdict: { cause: 'throttled', scope: 'path' as const, disposition: 'defer' as const, confidence: 1 },
    };
    this.share('path_throttled', { source, path, site, action: 'suspend', until, step: 1, reason, evidence });
  }

  own(source: string): void {
    this.share('source_claimed', { source, owner: 'd', claimId: `c-${source}` });
  }

  /** The source is in warm-up, and may send so much an hour. */
  warmUp(source: string, hourlyLimit: number, more: Partial<SourceWarmupStarted['body']> = {}): void {
    const stage = { day: 0, since: START, hourlyLimit };
    const by = { schedule: 'sendgrid', reason: 'operator', startedBy: 'spec' } as const;
    this.share('source_warmup_started', { source, warmup: `w-${source}`, ...by, ...stage, ...more });
  }

  rate(tenant: string, score: number): void {
    this.share('reputation_changed', { subject: 'tenant', name: tenant, score, outcomes: 500, providers: {} });
  }

  share<T extends Control['type']>(type: T, body: Extract<Control, { type: T }>['body']): void {
    const offset = this.controlOffset++;
    const record = { id: `c${offset}`, type, version: 1, at: START, partition: 0, body } as Control;
    this.control = foldControl(this.control, record, offset, () => this.policy);
  }

  private outcomeOf(deliveryId: string, type: string, at: number) {
    const { release } = this.delivery(deliveryId).life;
    return {
      id: factId(deliveryId, release, type, 'spec'),
      version: 1 as const,
      at,
      partition: this.partition,
      deliveryId,
      tenant: 'acme',
      release,
    };
  }

  private attempt(deliveryId: string, cause = 'accepted') {
    const { attempt, source, site } = present(this.delivery(deliveryId).open, `open attempt of ${deliveryId}`);
    return {
      attempt,
      source,
      site,
      phase: 'final_dot' as const,
      scope: 'recipient' as const,
      verdict: { cause, scope: 'recipient' as const, disposition: 'defer' as const, confidence: 1 },
      timings: {},
    };
  }
}

/** The `released` among the facts. */
export function releasesIn(facts: readonly Fact[]): readonly Released[] {
  return facts.filter((fact) => fact.type === 'released');
}

/** The ids of the deliveries released by these facts, in order. */
export function releasedIds(facts: readonly Fact[]): readonly string[] {
  return releasesIn(facts).flatMap(({ body }) => body.deliveries.map(({ deliveryId }) => deliveryId));
}

/** The only fact, which is of that type. */
export function only<T extends Fact['type']>(facts: readonly Fact[], type: T): Extract<Fact, { type: T }> {
  const [fact, ...more] = facts;
  if (fact?.type === type && more.length === 0) return fact as Extract<Fact, { type: T }>;
  throw new Error(`expected one ${type}, got [${facts.map((other) => other.type).join(', ')}]`);
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}
