/** Which site and provider a domain belongs to, looked up in the background and remembered. */
import { matchProvider, type Policy, siteName, siteOf } from '@penstock/policy';
import type { Clock, MxAnswer, MxHost, Resolver, Telemetry, Timers } from '@penstock/ports';
import type { SiteInfo } from '@penstock/scheduling';
import { RolledUpSites } from './rolled-up-sites.ts';

/**
 * How long a domain's first delivery waits for an answer once it was asked for, failed lookups being repeated
 * meanwhile; then the domain is its own site. The wait is worth it: the path, and so every limit of the provider,
 * depends on the answer. Waiting for one's turn to ask does not count: a campaign to many thousands of domains would
 * pass by the limits of the provider that hosts them.
 */
export const FIRST_ANSWER_MS = 10_000;

/** After the first failed lookup of an unknown domain; doubles. */
const FIRST_REPEAT_MS = 250;

/** Answers are believed between these, ms. */
const SHORTEST_TTL_MS = 60_000;
const LONGEST_TTL_MS = 6 * 3_600_000;

const MOST_LOOKUPS = 64;
const MOST_DOMAINS = 200_000;

interface Known {
  hosts: readonly MxHost[];
  /** Absent until the first answer, or until it was waited for long enough. */
  info: SiteInfo | undefined;
  /** Policy version `info` was made under: providers are its matter. */
  policyVersion: string | undefined;
  /** Of the names that the policy's domain blocks gave to sites, when `info` was made. */
  epoch: number;
  /** Monotonic, ms. */
  expiresAt: number;
  asking: boolean;
  /** Whether it was asked for at least once. */
  asked: boolean;
  /** Lookups failed since the last answer. */
  failures: number;
}

export interface SiteResolverDeps {
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  readonly policy: () => Policy | undefined;
  /** A domain that was unknown is known. */
  readonly changed: () => void;
}

export class SiteResolver {
  private readonly domains = new Map<string, Known>();
  private readonly queue: string[] = [];
  /** Asked for again after a failure: their deliveries do not wait for ever, so they go first. */
  private readonly repeats: string[] = [];
  private asking = 0;
  private closed = false;
  private readonly rolledUp = new RolledUpSites();

  constructor(private readonly deps: SiteResolverDeps) {}

  /** The domain's site, or undefined while its first answer is awaited. Asking keeps it known. */
  get(domain: string): SiteInfo | undefined {
    const policy = this.deps.policy();
    for (const block of (policy && this.rolledUp.follow(policy)) ?? []) this.lookUp(block);
    const known = this.lookUp(domain);
    if (!known.info) return undefined;
    const isOld = known.policyVersion !== policy?.version || known.epoch !== this.rolledUp.epoch;
    if (policy && isOld) this.describe(domain, known, policy);
    return known.info;
  }

  /** What is known of the domain; asked for where that is too old. */
  private lookUp(domain: string): Known {
    const known = this.domains.get(domain) ?? this.add(domain);
    if (!known.asking && known.expiresAt <= this.deps.clock.monotonic()) this.ask(domain, known);
    return known;
  }

  close(): void {
    this.closed = true;
    this.queue.length = 0;
    this.repeats.length = 0;
  }

  private add(domain: string): Known {
    const known: Known = {
      hosts: [],
      info: undefined,
      policyVersion: undefined,
      epoch: 0,
      expiresAt: 0,
      asking: false,
      asked: false,
      failures: 0,
    };
    this.domains.set(domain, known);
    this.forgetOldest();
    return known;
  }

  private forgetOldest(): void {
    if (this.domains.size <= MOST_DOMAINS) return;
    for (const [domain, { info }] of this.domains) {
      if (!info) continue;
      this.domains.delete(domain);
      return;
    }
  }

  private waitedEnough(domain: string, known: Known): void {
    if (known.info || this.closed) return;
    this.describe(domain, known, this.deps.policy());
    this.deps.changed();
  }

  private ask(domain: string, known: Known): void {
    known.asking = true;
    if (known.asked && !known.info) this.repeats.push(domain);
    else this.queue.push(domain);
    this.askNext();
  }

  private firstAsked(domain: string): void {
    const known = this.domains.get(domain);
    if (!known || known.asked) return;
    known.asked = true;
    this.deps.timers.after(FIRST_ANSWER_MS, () => this.waitedEnough(domain, known));
  }

  private askNext(): void {
    while (this.asking < MOST_LOOKUPS && !this.closed) {
      const domain = this.repeats.shift() ?? this.queue.shift();
      if (domain === undefined) return;
      this.asking += 1;
      this.firstAsked(domain);
      this.deps.resolver
        .resolveMx(domain)
        .catch((error: unknown): MxAnswer => ({ kind: 'failure', detail: String(error) }))
        .then((answer) => this.answered(domain, answer))
        .catch((error: unknown) => this.deps.telemetry.log('error', 'site_lookup_broken', { error: String(error) }));
    }
  }

  private answered(domain: string, answer: MxAnswer): void {
    this.asking -= 1;
    const known = this.domains.get(domain);
    if (known && !this.closed) this.learn(domain, known, answer);
    this.askNext();
  }

  private learn(domain: string, known: Known, answer: MxAnswer): void {
    if (answer.kind === 'failure') {
      this.failed(domain, known);
      return;
    }
    known.asking = false;
    known.failures = 0;
    known.hosts = answer.kind === 'mx' ? answer.hosts : [];
    const ttlMs = Math.min(Math.max(answer.ttlMs, SHORTEST_TTL_MS), LONGEST_TTL_MS);
    known.expiresAt = this.deps.clock.monotonic() + ttlMs;
    const isNew = known.info === undefined;
    if (known.hosts.length > 0) this.rolledUp.learn(domain, siteOf(domain, known.hosts));
    this.describe(domain, known, this.deps.policy());
    if (isNew) this.deps.changed();
  }

  /** Says nothing about the domain: what was known stays, and it is asked again, sooner where nothing is known. */
  private failed(domain: string, known: Known): void {
    known.failures += 1;
    const waitMs = Math.min(FIRST_REPEAT_MS * 2 ** Math.min(known.failures - 1, 10), SHORTEST_TTL_MS);
    known.expiresAt = this.deps.clock.monotonic() + waitMs;
    known.asking = known.info === undefined;
    if (!known.asking) return;
    this.deps.timers.after(waitMs, () => {
      if (!this.closed) this.ask(domain, known);
    });
  }

  private describe(domain: string, known: Known, policy: Policy | undefined): void {
    const hosts = siteOf(domain, known.hosts);
    const site = policy ? siteName(policy, domain, hosts, this.rolledUp.nameOf(hosts)) : hosts;
    const provider = policy && matchProvider(policy, { domain, mxHosts: known.hosts.map(({ name }) => name) });
    known.info = provider === undefined ? { site } : { site, provider };
    known.policyVersion = policy?.version;
    known.epoch = this.rolledUp.epoch;
  }
}
