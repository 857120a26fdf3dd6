/** What each source of a pool could take for a site now. */
import { classPartitions, type HoldReason, type TrafficClass } from '@penstock/events';
import { type PoolPolicy, pathOf, pathShaping, resolveShaping, type Shaping, SMARTHOST_SITE } from '@penstock/policy';
import { creditLimit } from './credit.ts';
import type { Delivery } from './delivery.ts';
import type { Draft } from './draft.ts';
import type { SiteInfo } from './grants.ts';
import type { Lane, LaneKey } from './lane.ts';
import { pathBudgets, retryBudgets } from './path-budgets.ts';
import type { PathLoad } from './path-load.ts';
import { LineTokens } from './path-tokens.ts';
import { Gate, lineName, type Passing, type TokenLine } from './token-lines.ts';
import { type Openness, type Tier, WARM } from './warm-up-choice.ts';
import { type Warmup, warmupOf } from './warmups.ts';

/** Tokens that a release needs, by whether it is the delivery's first attempt. */
interface OfferTokens {
  readonly first: LineTokens;
  readonly retry: LineTokens;
}

/** Where a lane waited when its turn came: on a path for credit, or in a line. */
export type Pulled = PathLoad | Gate | undefined;

/** One source's path to a site, as it stands while a proposal is made. */
export class Offer {
  constructor(
    readonly source: string,
    readonly site: string,
    readonly provider: string | undefined,
    readonly path: string,
    readonly tier: Tier,
    /** The source is in warm-up. */
    readonly warming: boolean,
    readonly load: PathLoad,
    readonly limit: number,
    private readonly tokens: OfferTokens | undefined,
    /** Why nothing may go there now, whatever the credit. */
    readonly blocked: HoldReason | undefined,
    /** When that ends, ms since the epoch, if it is known. */
    readonly until: number | undefined,
  ) {}

  /** Deliveries out on the path, those proposed included. */
  get used(): number {
    return this.load.open + this.load.proposed;
  }

  /** Credit, whatever the tokens. */
  get credit(): number {
    return this.limit - this.used;
  }

  /** Of the path's budgets, where it has any. */
  tokensFor({ life }: Delivery): LineTokens | undefined {
    return life.attempts === 0 ? this.tokens?.first : this.tokens?.retry;
  }

  freeFor(delivery: Delivery): number {
    const tokens = this.tokensFor(delivery);
    return tokens === undefined ? this.credit : Math.min(this.credit, tokens.free);
  }

  /** Whether nobody waits there for whom a lane that was not next would be in the way. */
  isOpenTo(delivery: Delivery, pulled: Pulled): boolean {
    const tokens = this.tokensFor(delivery);
    if (!tokens) return this.load.parked.size === 0 || this.load === pulled;
    if (tokens.line.seats === 0) return true;
    return pulled instanceof Gate && pulled.load === this.load && pulled.line === tokens.line;
  }

  /** Why the delivery cannot go there though the source can be used. */
  lackFor(delivery: Delivery): HoldReason {
    const tokens = this.tokensFor(delivery);
    return tokens !== undefined && this.credit > 0 && tokens.free <= 0 ? 'hourly_limit' : 'connection_limit';
  }
}

/** All that mail of a pool could take for a site. */
export interface Lot {
  readonly offers: readonly Offer[];
  readonly open: Openness;
  readonly pool: PoolPolicy | undefined;
}

/** Makes the offers of a (pool, site, class) once per proposal. */
export class Offers {
  private readonly made = new Map<string, Lot>();
  private readonly limits = new Map<PathLoad, number>();
  private readonly tokens = new Map<TokenLine, LineTokens>();
  private last: { readonly key: LaneKey; readonly target: SiteInfo; readonly lot: Lot } | undefined;

  constructor(private readonly draft: Draft) {}

  forLane({ key }: Lane, target: SiteInfo): Lot {
    const { last } = this;
    if (last && sameLot(last.key, key) && sameSite(last.target, target)) return last.lot;
    const name = `${key.pool}|${key.class}|${target.provider ?? ''}|${target.site}`;
    let lot = this.made.get(name);
    if (!lot) {
      lot = this.makeLot(key, target);
      this.made.set(name, lot);
    }
    this.last = { key, target, lot };
    return lot;
  }

  tokensOf(line: TokenLine): LineTokens {
    let tokens = this.tokens.get(line);
    if (!tokens) {
      tokens = new LineTokens(line, this.draft.grants.budgets, this.draft.usedTokens);
      this.tokens.set(line, tokens);
    }
    return tokens;
  }

  /** Credit left for a lane on a path it waits for. */
  creditOn(load: PathLoad, { key }: Lane): number {
    const limit = this.limits.get(load) ?? this.limitOf(load, pathShaping(this.draft.policy, load.path), key.class);
    return limit - load.open - load.proposed;
  }

  private makeLot(key: LaneKey, target: SiteInfo): Lot {
    const { policy, control } = this.draft;
    // A pool the policy no longer names sends through the default one: what is accepted must go.
    const pool = policy.pools.get(key.pool) ?? policy.pools.get(policy.defaultPool);
    const sources = pool?.sources ?? [];
    const warming = sources.flatMap((source) => warmupOf(control.warmups, source) ?? []);
    const offers = sources.map((source) => this.offer(source, target, key));
    if (warming.length === 0) return { offers, open: WARM, pool };
    for (const source of this.sharedSources(pool)) offers.push(this.offer(source, target, key, 'shared'));
    return { offers, open: this.openness(offers, warming), pool };
  }

  private sharedSources(pool: PoolPolicy | undefined): readonly string[] {
    const shared = this.draft.policy.pools.get(pool?.sharedWarmupPool ?? '');
    return shared?.sources.filter((source) => !pool?.sources.includes(source)) ?? [];
  }

  private openness(offers: readonly Offer[], warming: readonly Warmup[]): Openness {
    const has = (tier: Tier) => offers.some((offer) => offer.tier === tier && offer.blocked === undefined);
    const usable = warming.filter(({ source }) => offers.some((o) => o.source === source && o.blocked === undefined));
    const waits = usable.map(({ schedule }) => this.draft.policy.warmups.get(schedule)?.waitMs ?? 0);
    return {
      hasWarming: has('warming'),
      hasWarm: has('warm'),
      hasShared: has('shared'),
      waitMs: Math.max(0, ...waits),
    };
  }

  private offer(
    source: string,
    { site, provider }: SiteInfo,
    { pool, class: trafficClass }: LaneKey,
    tier?: Tier,
  ): Offer {
    const { state, policy, control, nowMs } = this.draft;
    const path = pathOf(source, { site, provider }, policy);
    const load = state.agenda.load(path);
    const shaping = resolveShaping(policy, { source, provider, site, smarthost: site === SMARTHOST_SITE });
    const limit = this.limitOf(load, shaping, trafficClass);
    const warmup = warmupOf(control.warmups, source);
    const tokens = this.offerTokens({ path, source, provider, pool, class: trafficClass }, shaping, warmup);
    const throttle = control.throttles.get(path);
    const is = (blocked: HoldReason | undefined, until?: number) => {
      const at = tier ?? (warmup ? 'warming' : 'warm');
      const warming = warmup !== undefined;
      return new Offer(source, site, provider, path, at, warming, load, limit, tokens, blocked, until);
    };
    if (!policy.sources.has(source) || control.unreachable.has(source) || !control.owners.has(source)) {
      return is('no_source');
    }
    return throttle && throttle.until > nowMs ? is(throttle.reason, throttle.until) : is(undefined);
  }

  private offerTokens(
    charge: Parameters<typeof pathBudgets>[0],
    shaping: Shaping,
    warmup: Warmup | undefined,
  ): OfferTokens | undefined {
    const { policy } = this.draft;
    const budgets = pathBudgets(charge, shaping, policy, warmup);
    if (budgets.length === 0) return undefined;
    if (!warmup) {
      const any = this.tokensIn(budgets, 'any');
      return { first: any, retry: any };
    }
    return {
      first: this.tokensIn(budgets, 'first'),
      retry: this.tokensIn(retryBudgets(budgets, policy, warmup), 'retry'),
    };
  }

  private tokensIn(budgets: Parameters<typeof lineName>[0], passing: Passing): LineTokens {
    return this.tokensOf(this.draft.state.agenda.line(lineName(budgets), budgets, passing));
  }

  private limitOf(load: PathLoad, shaping: Shaping, trafficClass: TrafficClass): number {
    const { state, nowMs } = this.draft;
    const { count } = classPartitions(state.partitionCount, trafficClass);
    const limit = creditLimit(shaping, load.closed.perSecond(nowMs), count);
    this.limits.set(load, limit);
    return limit;
  }
}

function sameLot(a: LaneKey, b: LaneKey): boolean {
  return a.pool === b.pool && a.class === b.class;
}

function sameSite(a: SiteInfo, b: SiteInfo): boolean {
  return a.site === b.site && a.provider === b.provider;
}
