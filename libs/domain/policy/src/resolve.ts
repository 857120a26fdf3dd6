/** What holds on a path, and which block said so. */

import { isPace } from './budgets.ts';
import type { BlockShaping, DomainPolicy, Policy, Shaping } from './policy.ts';
import { type Rate, stricterRate } from './rates.ts';
import { BARE_SHAPING } from './shaping.ts';
import { blocksOfSite, parsePath, SMARTHOST_SITE } from './sites.ts';

export interface ShapingTarget {
  /** Absent: no source's block applies. */
  readonly source?: string | undefined;
  readonly provider?: string | undefined;
  /** As `siteName` makes it. */
  readonly site?: string | undefined;
  readonly smarthost?: boolean | undefined;
}

type Merged = { -readonly [K in keyof (BlockShaping & Shaping)]: (BlockShaping & Shaping)[K] };

/** One block that applies, with its name as in the file. */
export interface Layer {
  readonly block: string;
  readonly said: BlockShaping;
}

/**
 * The blocks that apply over the defaults, in KumoMTA's order: a later one's values replace an earlier one's. Default,
 * provider, provider and source, the domain whose mail hosts the site shares, the domain itself, then those domains'
 * blocks for the source.
 */
export function layersOver(policy: Policy, { source, provider, site }: ShapingTarget): readonly Layer[] {
  const layers: Layer[] = [];
  const add = (block: string, said: BlockShaping | undefined) => {
    if (said) layers.push({ block, said });
  };
  const ofSource = (block: string, blocks: ReadonlyMap<string, BlockShaping> | undefined) => {
    if (source !== undefined) add(`${block}.sources.${source}`, blocks?.get(source));
  };
  ofSource('default', policy.defaultSources);
  const own = provider === undefined ? undefined : policy.providers.find(({ name }) => name === provider);
  if (own) {
    add(`provider.${own.name}`, own.shaping);
    ofSource(`provider.${own.name}`, own.sources);
  }
  const domains: readonly DomainPolicy[] = site === undefined ? [] : blocksOfSite(policy, site);
  for (const { name, shaping } of domains) add(name, shaping);
  for (const { name, sources } of domains) ofSource(name, sources);
  return layers;
}

/** What holds for mail from a source to a provider or site; for the smarthost its own block alone. */
export function resolveShaping(policy: Policy, target: ShapingTarget): Shaping {
  if (target.smarthost) return policy.smarthost?.shaping ?? policy.shaping;
  const layers = layersOver(policy, target);
  if (layers.length === 0) return policy.shaping;
  let merged: Merged = policy.shaping;
  // Asked for each source and site of a decision: what says how blocks combine is left in it, for copies cost more.
  for (const { said } of layers) merged = { ...(said.replaceBase ? BARE_SHAPING : merged), ...said };
  combine(merged);
  return merged;
}

/** @throws RangeError if the text is no path key. */
export function pathShaping(policy: Policy, path: string): Shaping {
  const target = parsePath(path);
  return resolveShaping(policy, { ...target, smarthost: target.site === SMARTHOST_SITE });
}

/**
 * A recognised provider is one path over all its sites, so KumoMTA's two kinds of limit, per site and per provider,
 * meet on it and the stricter one holds. Of a pace and a budget neither is the stricter: both do.
 */
function combine(merged: Merged): void {
  const { providerConnectionLimit: connections, providerMaxConnectionRate: connects } = merged;
  if (connections !== undefined) merged.connectionLimit = Math.min(connections, merged.connectionLimit);
  if (connects) {
    merged.maxConnectionRate = merged.maxConnectionRate ? stricterRate(connects, merged.maxConnectionRate) : connects;
  }
  if (merged.providerMaxMessageRate) {
    Object.assign(merged, messageRates(merged.maxMessageRate, merged.providerMaxMessageRate));
  }
}

function messageRates(site: Rate | undefined, provider: Rate): Partial<Shaping> {
  if (!site) return { maxMessageRate: provider };
  if (isPace(site) === isPace(provider)) return { maxMessageRate: stricterRate(provider, site) };
  return isPace(site)
    ? { maxMessageRate: site, messageBudget: provider }
    : { maxMessageRate: provider, messageBudget: site };
}
