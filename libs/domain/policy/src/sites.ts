/** Sites and paths: which domains share a destination, and what connections and limits attach to. */
import type { DomainPolicy, Policy, ProviderMatch } from './policy.ts';

/** The only site when everything goes through a smarthost. */
export const SMARTHOST_SITE = 'smarthost';

export interface PreferredHost {
  readonly name: string;
  readonly preference: number;
}

/**
 * The site of a domain: the hosts of its most preferred MX set, sorted, so that every domain that shares them
 * shares their limits. A domain whose MX is not known is its own site.
 */
export function siteOf(domain: string, hosts: readonly PreferredHost[] = []): string {
  if (hosts.length === 0) return canonical(domain);
  const best = Math.min(...hosts.map(({ preference }) => preference));
  const names = hosts.filter(({ preference }) => preference === best).map(({ name }) => canonical(name));
  return [...new Set(names)].sort().join(',');
}

/** Between the domain whose hosts a site shares and the domain that has a block for itself alone. */
const WITHIN = '>';

/**
 * The name under which a site is known. One that a domain block speaks of is called after the block's domain, for then
 * its name says what limits it has; a domain with a block for itself alone is a site of its own, within that one.
 *
 * @param site of the domain, as `siteOf` makes it
 * @param rollup the domain of the block that holds for all domains of that site, if there is one
 */
export function siteName(
  policy: Pick<Policy, 'domains'>,
  domain: string,
  site: string,
  rollup: string | undefined,
): string {
  const own = policy.domains.get(canonical(domain));
  if (own && !own.mxRollup) return rollup === undefined ? own.name : `${rollup}${WITHIN}${own.name}`;
  return rollup ?? own?.name ?? site;
}

/** The domain blocks that speak of a site, in the order in which they are applied. */
export function blocksOfSite({ domains }: Pick<Policy, 'domains'>, site: string): readonly DomainPolicy[] {
  if (domains.size === 0) return [];
  return site.split(WITHIN).flatMap((name) => domains.get(name) ?? []);
}

export interface PathTarget {
  readonly provider?: string | undefined;
  readonly site: string;
}

/**
 * What limits attach to: (source, provider) where the provider is recognised, else (source, site). A provider's site
 * has a path of its own where a domain block speaks of it, and where the policy keeps the provider's sites apart.
 */
export function pathOf(
  source: string,
  { provider, site }: PathTarget,
  policy?: Pick<Policy, 'providers' | 'domains'>,
): string {
  if (provider === undefined) return `${source}|site:${site}`;
  const path = `${source}|provider:${provider}`;
  return policy && isApart(policy, provider, site) ? `${path}|site:${site}` : path;
}

function isApart(policy: Pick<Policy, 'providers' | 'domains'>, provider: string, site: string): boolean {
  if (blocksOfSite(policy, site).length > 0) return true;
  return policy.providers.find(({ name }) => name === provider)?.paths === 'per_site';
}

export interface PathParts {
  readonly source: string;
  readonly provider?: string;
  readonly site?: string;
}

/** @throws RangeError if the text is no path key. */
export function parsePath(path: string): PathParts {
  const [source, target = ''] = splitOnce(path, '|');
  const [kind, rest = ''] = splitOnce(target, ':');
  if (source === '' || rest === '') throw new RangeError(`not a path key: ${JSON.stringify(path)}`);
  if (kind === 'site') return { source, site: rest };
  if (kind !== 'provider') throw new RangeError(`not a path key: ${JSON.stringify(path)}`);
  const [provider, apart] = splitOnce(rest, '|site:');
  return apart === undefined ? { source, provider } : { source, provider, site: apart };
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

export interface MatchInput {
  readonly domain: string;
  /** Names of all MX hosts of the domain; empty if they are not known. */
  readonly mxHosts: readonly string[];
}

/**
 * Name of the first provider, in file order, whose rules match: the domain by a DomainSuffix, or every MX host by
 * an MXSuffix or a HostName (KumoMTA's rule: some of them is not enough).
 */
export function matchProvider(policy: Pick<Policy, 'providers'>, { domain, mxHosts }: MatchInput): string | undefined {
  const name = canonical(domain);
  const hosts = mxHosts.map(canonical);
  return policy.providers.find(
    ({ match }) =>
      match.some((rule) => 'domainSuffix' in rule && endsWithLabels(name, rule.domainSuffix)) ||
      (hosts.length > 0 && hosts.every((host) => match.some((rule) => hostMatches(host, rule)))),
  )?.name;
}

function hostMatches(host: string, rule: ProviderMatch): boolean {
  if ('hostName' in rule) return host === rule.hostName;
  return 'mxSuffix' in rule && endsWithLabels(host, rule.mxSuffix);
}

/** Whole labels only: `example.com` is no suffix of `notexample.com`, written with its dot or without. */
function endsWithLabels(name: string, suffix: string): boolean {
  if (suffix.startsWith('.')) return name.endsWith(suffix);
  return name === suffix || name.endsWith(`.${suffix}`);
}

function canonical(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}
