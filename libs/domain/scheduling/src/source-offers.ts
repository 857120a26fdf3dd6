/** What each source of a pool could take for a site now. */
import { classPartitions, type HoldReason, type TrafficClass } from '@penstock/events';
import { type Policy, pathOf, pathShaping, resolveShaping, type Shaping, SMARTHOST_SITE } from '@penstock/policy';
import { creditLimit } from './credit.ts';
import type { SiteInfo } from './decide.ts';
import type { Draft } from './draft.ts';
import type { Lane, LaneKey } from './lane.ts';
import type { PathLoad } from './path-load.ts';

/** One source's path to a site, as it stands while a proposal is made. */
export class Offer {
  constructor(
    readonly source: string,
    readonly site: string,
    readonly provider: string | undefined,
    readonly path: string,
    readonly load: PathLoad,
    readonly limit: number,
    /** Why nothing may go there now, whatever the credit. */
    readonly blocked: HoldReason | undefined,
    /** When that ends, ms since the epoch, if it is known. */
    readonly until: number | undefined,
  ) {}

  /** Deliveries out on the path, those proposed included. */
  get used(): number {
    return this.load.open + this.load.proposed;
  }

  get free(): number {
    return this.limit - this.used;
  }
}

/** Makes the offers of a (pool, site, class) once per proposal. */
export class Offers {
  private readonly made = new Map<string, readonly Offer[]>();
  private readonly limits = new Map<PathLoad, number>();
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

  /** Credit left for a lane on a path it waits for. */
  freeOn(load: PathLoad, { key }: Lane): number {
    const limit = this.limits.get(load) ?? this.limitOf(load, pathShaping(this.draft.policy, load.path), key.class);
    return limit - load.open - load.proposed;
  }

  private offer(source: string, { site, provider }: SiteInfo, trafficClass: TrafficClass): Offer {
    const { state, policy, control, nowMs } = this.draft;
    const path = pathOf(source, { site, provider });
    const load = state.agenda.load(path);
    const shaping = resolveShaping(policy, { provider, smarthost: site === SMARTHOST_SITE });
    const limit = this.limitOf(load, shaping, trafficClass);
    const throttle = control.throttles.get(path);
    if (!policy.sources.has(source) || control.unreachable.has(source) || !control.owners.has(source)) {
      return new Offer(source, site, provider, path, load, limit, 'no_source', undefined);
    }
    if (throttle && throttle.until > nowMs) {
      return new Offer(source, site, provider, path, load, limit, throttle.reason, throttle.until);
    }
    return new Offer(source, site, provider, path, load, limit, undefined, undefined);
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
