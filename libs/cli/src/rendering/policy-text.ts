import {
  type CheckedPolicy,
  type ExplainedValue,
  explainShaping,
  formatChange,
  formatRate,
  type LimitPolicy,
  type Policy,
  type PolicyChange,
  pathOf,
  SMARTHOST_SITE,
} from '@penstock/policy';
import type { RecipientHosts } from '../policy/recipient-hosts.ts';
import { table } from './table.ts';

/** Every problem, then what became of each key. */
export function checkText({ keys, policy }: CheckedPolicy, told: readonly string[]): string {
  const { accepted, warned, ignored } = keys;
  const list = (title: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${title} (${names.length}):`, ...names.map((name) => `  ${name}`)];
  return [
    ...told,
    ...(policy ? sharedLimits(policy) : []),
    '',
    ...list('accepted', accepted),
    ...list('known, without effect here', warned),
    ...list('unknown, ignored', ignored),
    ...(policy
      ? [`policy ${policy.version}: ${policy.providers.length} providers, ${policy.sources.size} sources`]
      : []),
  ]
    .join('\n')
    .trim();
}

/** Where the file means less here than it does at KumoMTA. */
function sharedLimits({ providers }: Policy): readonly string[] {
  return providers
    .filter(({ paths, shaping }) => {
      const { connectionLimit, maxConnectionRate, maxMessageRate } = shaping;
      const { providerConnectionLimit, providerMaxConnectionRate, providerMaxMessageRate } = shaping;
      const ofSite = connectionLimit ?? maxConnectionRate ?? maxMessageRate;
      const ofProvider = providerConnectionLimit ?? providerMaxConnectionRate ?? providerMaxMessageRate;
      return paths === undefined && ofSite !== undefined && ofProvider === undefined;
    })
    .map(
      ({ name }) =>
        `note: provider.${name}: its limits hold for all its sites together; KumoMTA keeps them for each: paths = "per_site" does so here`,
    );
}

export interface Explained {
  readonly domain: string;
  readonly source: string | undefined;
  readonly hosts: RecipientHosts;
}

/** What holds for mail to a domain, each value with the block it came from. */
export function explainText(policy: Policy, { domain, source, hosts }: Explained): string {
  const { mxHosts, provider, site } = hosts;
  const smarthost = site === SMARTHOST_SITE;
  const values = explainShaping(policy, { source, provider, site, smarthost });
  return [
    `domain    ${domain}`,
    `MX        ${mxHosts.join(', ') || (smarthost ? 'not asked: everything goes to the smarthost' : 'none known')}`,
    `provider  ${provider ?? 'none recognised'}`,
    `path      ${pathOf(source ?? '<source>', { provider, site }, policy)}`,
    '',
    table(
      [{ title: 'setting' }, { title: 'value' }, { title: 'from' }],
      values.map(({ key, value, from }: ExplainedValue) => [key, value ?? 'no limit', from]),
    ),
    ...explainBudgets(policy, source, provider),
  ].join('\n');
}

function explainBudgets(policy: Policy, source: string | undefined, provider: string | undefined): readonly string[] {
  const rows = policy.limits.filter((limit) => concerns(limit, source, provider)).map(limitRow);
  const warmup = source === undefined ? undefined : policy.sources.get(source)?.warmup;
  return [
    ...(rows.length > 0 ? ['', table([{ title: 'limit' }, { title: 'rate' }, { title: 'counted' }], rows)] : []),
    ...(warmup === undefined ? [] : ['', `warm-up   ${warmup}, from source.${source}, once it is started`]),
  ];
}

function concerns(
  { sources, providers }: LimitPolicy,
  source: string | undefined,
  provider: string | undefined,
): boolean {
  const takesSource = source === undefined || !sources || sources.includes(source);
  return takesSource && (!providers || (provider !== undefined && providers.includes(provider)));
}

function limitRow({ name, rate, per, sources, pools, tenants, classes }: LimitPolicy): readonly string[] {
  const of = [sources, pools, tenants, classes].flatMap((names) => names ?? []);
  const counted = per === 'all' ? 'all together' : `each ${per.replaceAll('_', ' ')} for itself`;
  return [name, formatRate(rate), of.length > 0 ? `${counted}, of ${of.join(', ')}` : counted];
}

export function differenceText(changes: readonly PolicyChange[]): string {
  return changes.length === 0 ? 'they say the same' : changes.map(formatChange).join('\n');
}
