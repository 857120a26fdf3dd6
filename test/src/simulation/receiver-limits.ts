import {
  matchProvider,
  messageBudget,
  messagePace,
  type Policy,
  type Rate,
  resolveShaping,
  type Shaping,
} from '@penstock/policy';
import type { SimulatedCluster, WorldEvent, WorldSite } from '@penstock/simulation';

/**
 * How much two commands may close up on their way: the world's slowest wire, both ways, ms. What left at its pace
 * arrives bunched by at most that.
 */
const JITTER_MS = 200;

/** From the grant of a token to the `RCPT` it is used for: the question, `start_within` and `attempt_max`. */
const LONGEST_ON_THE_WAY_MS = 85_000;

/** Counts at the receivers what the policy limits, per source and site. */
export function watchLimits(cluster: SimulatedCluster, policy: Policy): void {
  const paths = new Map<string, PathCount>();
  const sites = new Map(cluster.world.sites.all.map((site) => [site.name, limitsOf(policy, site)]));
  const unrecognised = new Set<string>();
  cluster.log.onAppend((topic, _partition, records) => {
    if (topic !== 'mail.events') return;
    for (const { record } of records) {
      // While a domain's MX is not known it is a site of its own, with limits of its own beside those it belongs to.
      const site = record.type === 'released' ? cluster.world.sites.ofDomain(record.body.site) : undefined;
      if (site) unrecognised.add(site.name);
    }
  });
  cluster.world.onEvent((event) => {
    const limits = sites.get(event.site);
    if (!limits) throw new RangeError(`there is no site ${event.site}`);
    const key = `${event.client} → ${limits.of}`;
    const path = paths.get(key) ?? new PathCount(key, limits.shaping, cluster);
    paths.set(key, path);
    path.count(event, unrecognised.size > 0);
  });
}

/** A recognised provider's limits are for all its sites together. */
function limitsOf(policy: Policy, site: WorldSite): { readonly of: string; readonly shaping: Shaping } {
  const provider = matchProvider(policy, { domain: site.domains[0] ?? '', mxHosts: site.mxHosts });
  return { of: provider ?? site.name, shaping: resolveShaping(policy, { provider }) };
}

class PathCount {
  private connections = 0;
  /** When the next transaction would be due if all came at the rate (GCRA's theoretical arrival time). */
  private due = Number.NEGATIVE_INFINITY;
  /** Recipients of the last period, by when they came. */
  private readonly recipients: number[] = [];

  constructor(
    private readonly path: string,
    private readonly shaping: Shaping,
    private readonly cluster: SimulatedCluster,
  ) {}

  /** `isExcused`: mail may have come by other paths too. */
  count(event: WorldEvent, isExcused: boolean): void {
    if (event.kind === 'opened') this.connections += 1;
    if (event.kind === 'closed') this.connections -= 1;
    if (isExcused) return;
    if (event.kind === 'opened') this.checkOpen();
    const pace = messagePace(this.shaping);
    if (event.kind === 'mail' && pace) this.mail(event.at, pace);
    const budget = messageBudget(this.shaping);
    if (event.kind === 'recipient' && budget) this.recipient(event.at, budget);
  }

  private checkOpen(): void {
    if (this.connections <= this.shaping.connectionLimit) return;
    throw new Error(`${this.path}: ${this.connections} connections, ${this.shaping.connectionLimit} at most`);
  }

  /** Never more than the limit in a period, and a burst for each time the store forgot what it had granted. */
  private recipient(at: number, { count, periodMs, burst }: Rate): void {
    // Where clocks are wrong nobody knows how long a token was on its way.
    if (this.cluster.clocks.mostOffMs > 0) return;
    this.recipients.push(at);
    while ((this.recipients[0] ?? at) <= at - periodMs) this.recipients.shift();
    const forgotten = this.cluster.quotas.flushes.filter(
      (flush) => flush > at - periodMs - LONGEST_ON_THE_WAY_MS,
    ).length;
    // At less than one a second a budget gives no more at once than the policy says.
    const most = count + forgotten * burst;
    if (this.recipients.length <= most) return;
    throw new Error(`${this.path}: ${this.recipients.length} recipients in ${periodMs} ms, ${most} at most`);
  }

  private mail(at: number, { count, periodMs, burst }: Rate): void {
    const interval = periodMs / count;
    const early = this.due - at;
    // One of grace, since a burst of n may be read as n besides the first.
    if (early > burst * interval + JITTER_MS) {
      throw new Error(`${this.path}: a transaction ${Math.round(early)} ms ahead of the pace`);
    }
    this.due = Math.max(this.due, at) + interval;
  }
}
