/** What each source of a pool could take for a site now. */
import { classPartitions, type HoldReason, type TrafficClass } from '@penstock/events';
import { type Policy, pathOf, pathShaping, resolveShaping, type Shaping, SMARTHOST_SITE } from '@penstock/policy';
import { creditLimit } from './credit.ts';
import type { Draft } from './draft.ts';
import type { SiteInfo } from './grants.ts';
import type { Lane, LaneKey } from './lane.ts';
import { pathBudgets } from './path-budgets.ts';
import type { PathLoad } from './path-load.ts';
import { PathTokens } from './path-tokens.ts';

/** One source's path to a site, as it stands while a proposal is made. */
export class Offer {
  constructor(
    readonly source: string,
    readonly site: string,
    readonly provider: string | undefined,
    readonly path: string,
    readonly load: PathLoad,
    readonly limit: number,
    /** Of the path's budgets, where it has any. */
    readonly tokens: PathTokens | undefined,
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

  get free(): number {
    return this.tokens === undefined ? this.credit : Math.min(this.credit, this.tokens.free);
  }

  /** Only for want of a token nothing can go. */
  get isThirsty(): boolean {
    return this.tokens !== undefined && this.credit > 0 && this.tokens.free <= 0;
  }

  /** Why nothing can go where nothing is free. */
  get lack(): HoldReason {
    return this.isThirsty ? 'hourly_limit' : 'connection_limit';
  }
}

/** Makes the offers of a (pool, site, class) once per proposal. */
export class Offers {
  private readonly made = new Map<string, readonly Offer[]>();
  private readonly limits = new Map<PathLoad, number>();
  private readonly tokens = new Map<PathLoad, PathTokens | undefined>();
  private last: { readonly key: LaneKey; readonly target: SiteInfo; readonly offers: readonly Offer[] } | undefined;

  constructor(private readonly draft: Draft) {}

  forLane({ key }: Lane, target: SiteInfo): readonly Offer[] {
    const { last } = this;
    if (last && sameLot(last.key, key) && sameSite(last.target, target)) return last.offers;
    const name = `${key.pool}|${key.class}|${target.provider ?? ''}|${target.site}`;
    let offers = this.made.get(name);
    if (!offers) {
      offers = sourcesOf(this.draft.policy, key.pool).map((source) => this.offer(source, target, key.class));
      this.made.set(name, offers);
    }
    this.last = { key, target, offers };
    return offers;
  }

  /** What could go from a lane on a path it waits for. */
  freeOn(load: PathLoad, lane: Lane): number {
    const credit = this.creditOn(load, lane);
    const tokens = this.tokensOn(load);
    return tokens === undefined ? credit : Math.min(credit, tokens.free);
  }

  /** Tokens of the path's budgets; undefined where it has none. */
  tokensOn(load: PathLoad): PathTokens | undefined {
    if (this.tokens.has(load)) return this.tokens.get(load);
    return this.tokensOf(load, pathShaping(this.draft.policy, load.path));
  }

  /** Credit left for a lane on a path it waits for. */
  creditOn(load: PathLoad, { key }: Lane): number {
    const limit = this.limits.get(load) ?? this.limitOf(load, pathShaping(this.draft.policy, load.path), key.class);
    return limit - load.open - load.proposed;
  }

  private offer(source: string, { site, provider }: SiteInfo, trafficClass: TrafficClass): Offer {
    const { state, policy, control, nowMs } = this.draft;
    const path = pathOf(source, { site, provider }, policy);
    const load = state.agenda.load(path);
    const shaping = resolveShaping(policy, { source, provider, site, smarthost: site === SMARTHOST_SITE });
    const limit = this.limitOf(load, shaping, trafficClass);
    const tokens = this.tokensOf(load, shaping);
    const throttle = control.throttles.get(path);
    if (!policy.sources.has(source) || control.unreachable.has(source) || !control.owners.has(source)) {
      return new Offer(source, site, provider, path, load, limit, tokens, 'no_source', undefined);
    }
    if (throttle && throttle.until > nowMs) {
      return new Offer(source, site, provider, path, load, limit, tokens, throttle.reason, throttle.until);
    }
    return new Offer(source, site, provider, path, load, limit, tokens, undefined, undefined);
  }

  private tokensOf(load: PathLoad, shaping: Shaping): PathTokens | undefined {
    const { policy, grants, usedTokens } = this.draft;
    const budgets = pathBudgets(load.path, shaping, policy.dispatch);
    const tokens = budgets.length > 0 ? new PathTokens(load.path, budgets, grants.budgets, usedTokens) : undefined;
    this.tokens.set(load, tokens);
    return tokens;
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

/** A pool the policy no longer names sends through the default one: what is accepted must go. */
function sourcesOf(policy: Policy, pool: string): readonly string[] {
  return (policy.pools.get(pool) ?? policy.pools.get(policy.defaultPool))?.sources ?? [];
}
