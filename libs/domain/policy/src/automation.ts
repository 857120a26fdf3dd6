/** `[[….automation]]`: what a receiver's words are to do to the path. KumoMTA's form; kept for who acts on it. */
import type { Block } from './block.ts';
import { parseDuration } from './durations.ts';
import { parseRate, type Rate } from './rates.ts';
import { type Reader, shown } from './readings.ts';

/** What `Suspend`, `Bounce` and their kin apply to. */
export type AutomationScope = 'path' | 'tenant' | 'campaign';

export type AutomationAction =
  | { readonly kind: 'suspend' | 'bounce'; readonly scope: AutomationScope }
  /** One setting of the site (`SetConfig`) or of the domain alone (`SetDomainConfig`), in the file's spelling. */
  | { readonly kind: 'set'; readonly scope: 'site' | 'domain'; readonly name: string; readonly value: unknown };

export interface AutomationRule {
  /** One of them is enough, anywhere in the reply; in the dialect of Rust's fancy-regex. */
  readonly regex: readonly string[];
  /** Absent: at the first match; else at that many in its period. */
  readonly threshold?: Rate;
  readonly actions: readonly AutomationAction[];
  readonly durationMs: number;
  /** Whether our own words, such as a connection that failed, count as a reply. */
  readonly matchInternal: boolean;
}

const SIMPLE: Readonly<Record<string, AutomationAction>> = {
  Suspend: { kind: 'suspend', scope: 'path' },
  SuspendTenant: { kind: 'suspend', scope: 'tenant' },
  SuspendCampaign: { kind: 'suspend', scope: 'campaign' },
  Bounce: { kind: 'bounce', scope: 'path' },
  BounceTenant: { kind: 'bounce', scope: 'tenant' },
  BounceCampaign: { kind: 'bounce', scope: 'campaign' },
};

const KEYS: ReadonlySet<string> = new Set(['regex', 'trigger', 'action', 'duration', 'match_internal']);

/** Nothing acts on the rules yet: where there are some, a warning says so. */
export function readAutomation(block: Block): readonly AutomationRule[] {
  const said = block.take('automation', rules) ?? [];
  for (const key of said.flatMap(({ unknown }) => unknown)) {
    block.warning('automation', `unknown key "${key}" of a rule is ignored`);
  }
  if (said.length > 0) {
    block.shelve('automation', `${said.length} rule(s) are kept but nothing acts on them yet`);
  }
  return said.map(({ rule }) => rule);
}

interface ReadRule {
  readonly rule: AutomationRule;
  readonly unknown: readonly string[];
}

const rules: Reader<readonly ReadRule[]> = (raw) => {
  if (!Array.isArray(raw)) return { wrong: `${shown(raw)} is no list of rules; write [[default.automation]]` };
  const read: ReadRule[] = [];
  for (const [index, entry] of raw.entries()) {
    const rule = readRule(entry);
    if (typeof rule === 'string') return { wrong: `rule ${index + 1}: ${rule}` };
    read.push({ rule, unknown: Object.keys(entry).filter((key) => !KEYS.has(key)) });
  }
  return { value: read };
};

/** The rule, or what is wrong with it. */
function readRule(entry: unknown): AutomationRule | string {
  if (typeof entry !== 'object' || entry === null) return `${shown(entry)} is not a table`;
  const { regex, trigger, action, duration, match_internal } = entry as Readonly<Record<string, unknown>>;
  const patterns = list(regex);
  if (patterns.length === 0 || !patterns.every((one) => typeof one === 'string' && one !== '')) {
    return `regex ${shown(regex)} is no regular expression nor a list of them`;
  }
  const threshold = readTrigger(trigger);
  if (threshold === 'wrong') return `trigger ${shown(trigger)} is neither "Immediate" nor { Threshold = "3/hr" }`;
  const actions = list(action).map(readAction);
  if (actions.length === 0 || actions.includes(undefined)) {
    return `action ${shown(action)} is none; write "Suspend" or { SetConfig = { name = "connection_limit", value = 1 } }`;
  }
  const durationMs = parseDuration(duration);
  if (durationMs === undefined) return `duration ${shown(duration)} is not a duration, such as "2 hours"`;
  if (match_internal !== undefined && typeof match_internal !== 'boolean') return 'match_internal is true or false';
  return {
    regex: patterns as readonly string[],
    ...(threshold === undefined ? {} : { threshold }),
    actions: actions.flatMap((one) => one ?? []),
    durationMs,
    matchInternal: match_internal ?? false,
  };
}

function list(raw: unknown): readonly unknown[] {
  if (raw === undefined) return [];
  return Array.isArray(raw) ? raw : [raw];
}

function readTrigger(raw: unknown): Rate | undefined | 'wrong' {
  if (raw === undefined || raw === 'Immediate') return undefined;
  if (typeof raw !== 'object' || raw === null || !('Threshold' in raw)) return 'wrong';
  return parseRate(raw.Threshold) ?? 'wrong';
}

function readAction(raw: unknown): AutomationAction | undefined {
  if (typeof raw === 'string') return Object.hasOwn(SIMPLE, raw) ? SIMPLE[raw] : undefined;
  if (typeof raw !== 'object' || raw === null) return undefined;
  const [[kind, setting] = [], ...others] = Object.entries(raw);
  if (others.length > 0 || (kind !== 'SetConfig' && kind !== 'SetDomainConfig')) return undefined;
  if (typeof setting !== 'object' || setting === null || !('name' in setting) || !('value' in setting))
    return undefined;
  const { name, value } = setting;
  return typeof name === 'string'
    ? { kind: 'set', scope: kind === 'SetConfig' ? 'site' : 'domain', name, value }
    : undefined;
}
