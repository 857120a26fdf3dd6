/** Each value of a path in words, with the block it came from. */
import { durationText } from './durations.ts';
import type { BlockShaping, Policy, Shaping } from './policy.ts';
import { formatRate } from './rates.ts';
import { type Layer, layersOver, resolveShaping, type ShapingTarget } from './resolve.ts';
import { SHAPING_KEYS } from './shaping.ts';

export interface ExplainedValue {
  /** As in the file: `connection_limit`. */
  readonly key: string;
  /** As the file would say it; undefined where nothing limits. */
  readonly value: string | undefined;
  /** The block it came from, `provider.gmail`, `default`, `example.com.sources.ip-1`, `smarthost`, or `shipped`. */
  readonly from: string;
}

/** The settings whose limit may be that of the whole provider. */
const OF_PROVIDER: Readonly<Partial<Record<keyof Shaping, keyof BlockShaping>>> = {
  connectionLimit: 'providerConnectionLimit',
  maxConnectionRate: 'providerMaxConnectionRate',
  maxMessageRate: 'providerMaxMessageRate',
};

/** Each resolved value of a provider or site, or of the smarthost, for a source, and where it came from. */
export function explainShaping(policy: Policy, target: ShapingTarget | string = {}): readonly ExplainedValue[] {
  const asked = typeof target === 'string' ? { provider: target } : target;
  const resolved = resolveShaping(policy, asked);
  const layers = layersOf(policy, asked);
  const values = (Object.keys(SHAPING_KEYS) as (keyof typeof SHAPING_KEYS)[]).map((name) => ({
    key: SHAPING_KEYS[name],
    value: formatValue(name, resolved[name]),
    from: originOf(name, resolved[name], layers),
  }));
  const { messageBudget: budget } = resolved;
  if (!budget) return values;
  const from = originOf('maxMessageRate', budget, layers);
  return [...values, { key: 'max_message_rate', value: formatRate(budget), from }];
}

/** The last block that said it and was not forgotten since. */
function originOf(name: keyof Shaping, value: unknown, layers: readonly Layer[]): string {
  const whole = OF_PROVIDER[name];
  for (const { block, said } of layers.toReversed()) {
    if (isSame(said[name], value) || (whole && isSame(said[whole], value))) return block;
    if (said.replaceBase) return 'shipped';
  }
  return 'shipped';
}

function isSame(said: unknown, value: unknown): boolean {
  return said !== undefined && said === value;
}

function layersOf(policy: Policy, target: ShapingTarget): readonly Layer[] {
  if (target.smarthost && policy.smarthost) return [{ block: 'smarthost', said: policy.smarthost.said ?? {} }];
  return [{ block: 'default', said: policy.defaults ?? {} }, ...layersOver(policy, target)];
}

function formatValue(name: keyof Shaping, value: Shaping[keyof Shaping]): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'object') return formatRate(value);
  return name.endsWith('Ms') ? durationText(Number(value)) : String(value);
}
