/** The policy file: read whole, every problem found at once. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { parse as parseToml, TomlError } from 'smol-toml';
import { readAutomation } from './automation.ts';
import { Block, type PolicyKeys, Problems, type Table } from './block.ts';
import { readClasses } from './classes.ts';
import { readDomains } from './domains.ts';
import { readLimits } from './limits.ts';
import { readDispatch, readRetry } from './pacing.ts';
import type { Egress, Policy, Shaping, Smarthost } from './policy.ts';
import type { PolicyProblem } from './problem.ts';
import { readProviders } from './providers.ts';
import { integer, oneOf } from './readings.ts';
import {
  BARE_SHAPING,
  readShaping,
  readSourceBlocks,
  SHIPPED_SHAPING,
  SHIPPED_SMARTHOST_SHAPING,
  settingsOf,
} from './shaping.ts';
import { hostName, readPools, readSources } from './sources.ts';
import { readTenants } from './tenants.ts';
import { explainUnread } from './unread-shaping.ts';
import { readWarmups } from './warmups.ts';

/** The text is no policy. `problems` lists all that is wrong with it, warnings included. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly problems: readonly PolicyProblem[];

  constructor(problems: readonly PolicyProblem[]) {
    const errors = problems.filter(({ severity }) => severity === 'error');
    super(`the policy has ${errors.length} error(s):\n${errors.map(formatProblem).join('\n')}`);
    this.problems = problems;
  }
}

/** `error: line 3: provider.gmail.connection_limit: "many" is not a whole number from 1 to 100000` */
export function formatProblem({ severity, key, line, message }: PolicyProblem): string {
  return [severity, ...(line === undefined ? [] : [`line ${line}`]), ...(key === '' ? [] : [key]), message].join(': ');
}

export interface CheckedPolicy {
  /** Absent if there is an error among the problems. */
  readonly policy?: Policy;
  readonly problems: readonly PolicyProblem[];
  readonly keys: PolicyKeys;
}

/** First 12 hex digits of the text's SHA-256. */
export function policyVersion(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, 12);
}

/** @throws PolicyError where the text has an error; warnings are passed over. */
export function parsePolicy(text: string): Policy {
  const { policy, problems } = checkPolicy(text);
  if (!policy) throw new PolicyError(problems);
  return policy;
}

export function checkPolicy(text: string): CheckedPolicy {
  const toml = readToml(text);
  if ('problem' in toml) return { problems: [toml.problem], keys: { accepted: [], warned: [], ignored: [] } };
  const problems = new Problems(text);
  const policy = readPolicy(new Block('', toml.table, problems), policyVersion(text));
  const failed = problems.found.some(({ severity }) => severity === 'error');
  const { accepted, warned, ignored } = problems.keys;
  const keys = { accepted: [...accepted], warned: [...warned], ignored: [...ignored] };
  return { problems: problems.found, keys, ...(failed ? {} : { policy }) };
}

/**
 * Every key that means something in the blocks the text has, such as `provider.x.match`, whether it stands there.
 *
 * @throws PolicyError where the text is no TOML
 */
export function keysAskedFor(text: string): ReadonlySet<string> {
  const toml = readToml(text);
  if ('problem' in toml) throw new PolicyError([toml.problem]);
  const problems = new Problems(text);
  readPolicy(new Block('', toml.table, problems), policyVersion(text));
  return problems.asked;
}

function readToml(text: string): { readonly table: Table } | { readonly problem: PolicyProblem } {
  try {
    return { table: parseToml(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [message = 'is not TOML'] = error.message.split('\n');
    return { problem: { severity: 'error', key: '', line: error.line, message } };
  }
}

function readPolicy(root: Block, version: string): Policy {
  // A file that names no way out sends nothing out.
  const egress: Egress = root.take('egress', oneOf('sandbox', 'smarthost', 'internet')) ?? 'sandbox';
  const defaults = readDefaults(root);
  const providers = readProviders(root, defaults.shaping);
  const smarthost = readSmarthost(root, egress);
  const warmups = readWarmups(root);
  const sources = readSources(root, egress, new Set(warmups.keys()));
  const pools = readPools(root, sources);
  const known = {
    providers: providers.map(({ name }) => name),
    sources: [...sources.keys()],
    pools: [...pools.pools.keys()],
  };
  const rest = {
    classes: readClasses(root),
    tenants: readTenants(root),
    limits: readLimits(root, known),
    retry: readRetry(root.block('retry')),
    dispatch: readDispatch(root.block('dispatch')),
    // Last: whatever table is left and has a domain's name is a domain's.
    domains: readDomains(root, defaults.shaping),
  };
  root.refuseRest();
  const smart = smarthost === undefined ? {} : { smarthost };
  return { version, egress, ...smart, ...defaults, providers, sources, ...pools, warmups, ...rest };
}

function readDefaults(root: Block): Pick<Policy, 'shaping' | 'defaults' | 'defaultSources' | 'automation'> {
  const block = root.block('default');
  const defaults = readShaping(block, SHIPPED_SHAPING);
  const base = defaults.replaceBase ? BARE_SHAPING : SHIPPED_SHAPING;
  const shaping: Shaping = { ...base, ...settingsOf(defaults) };
  const defaultSources = readSourceBlocks(block, shaping);
  const automation = readAutomation(block);
  block.refuseRest(explainUnread);
  return { shaping, defaults, defaultSources, automation };
}

function readSmarthost(root: Block, egress: Egress): Smarthost | undefined {
  const block = root.block('smarthost');
  const host = block.take('host', hostName);
  const port = block.take('port', integer(1, 65_535)) ?? 25;
  const said = readShaping(block, SHIPPED_SMARTHOST_SHAPING);
  block.refuseRest(explainUnread);
  if (!block.has('host') && (egress === 'smarthost' || root.has('smarthost'))) {
    block.error('host', 'missing: name the host that takes all mail, such as "smtp.example.com"');
  }
  return host === undefined
    ? undefined
    : { host, port, said, shaping: { ...SHIPPED_SMARTHOST_SHAPING, ...settingsOf(said) } };
}
