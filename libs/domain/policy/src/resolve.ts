/** What holds on a path, and which block said so. */
import type { Policy, Shaping } from './policy.ts';
import { formatRate } from './rates.ts';
import { SHAPING_KEYS } from './shaping.ts';
import { parsePath, SMARTHOST_SITE } from './sites.ts';

export interface ShapingTarget {
  readonly provider?: string | undefined;
  readonly smarthost?: boolean | undefined;
}

/** The provider's block over the defaults; for the smarthost its own block alone. */
export function resolveShaping(policy: Policy, { provider, smarthost }: ShapingTarget): Shaping {
  if (smarthost) return policy.smarthost?.shaping ?? policy.shaping;
  const own = policy.providers.find(({ name }) => name === provider);
  return own ? { ...policy.shaping, ...own.shaping } : policy.shaping;
}

/** @throws RangeError if the text is no path key. */
export function pathShaping(policy: Policy, path: string): Shaping {
  const { provider, site } = parsePath(path);
  return resolveShaping(policy, { provider, smarthost: site === SMARTHOST_SITE });
}

export interface ExplainedValue {
  /** As in the file: `connection_limit`. */
  readonly key: string;
  /** As the file would say it; undefined where nothing limits. */
  readonly value: string | undefined;
  /** The block it came from, `provider.gmail`, `default`, `smarthost`, or `shipped`. */
  readonly from: string;
}

/** Each resolved value of a provider (or of an unrecognised site, or the smarthost) and where it came from. */
export function explainShaping(policy: Policy, target: ShapingTarget | string = {}): readonly ExplainedValue[] {
  const asked = typeof target === 'string' ? { provider: target } : target;
  const resolved = resolveShaping(policy, asked);
  const layers = layersOf(policy, asked);
  return (Object.keys(SHAPING_KEYS) as (keyof Shaping)[]).map((name) => ({
    key: SHAPING_KEYS[name],
    value: formatValue(name, resolved[name]),
    from: layers.find(({ said }) => said[name] !== undefined)?.block ?? 'shipped',
  }));
}

interface Layer {
  readonly block: string;
  readonly said: Partial<Shaping>;
}

function layersOf(policy: Policy, { provider, smarthost }: ShapingTarget): readonly Layer[] {
  if (smarthost && policy.smarthost) return [{ block: 'smarthost', said: policy.smarthost.said ?? {} }];
  const own = policy.providers.find(({ name }) => name === provider);
  const defaults = { block: 'default', said: policy.defaults ?? {} };
  return own ? [{ block: `provider.${own.name}`, said: own.shaping }, defaults] : [defaults];
}

function formatValue(name: keyof Shaping, value: Shaping[keyof Shaping]): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'object') return formatRate(value);
  return name.endsWith('Ms') ? `${Number(value) / 1000}s` : String(value);
}
