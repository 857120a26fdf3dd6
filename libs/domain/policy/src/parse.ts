/** The policy file: read whole, every problem found at once. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { parse as parseToml, TomlError } from 'smol-toml';
import { Block, isTable, Problems, type Table } from './block.ts';
import { readDispatch, readRetry } from './pacing.ts';
import type { Egress, Policy, PolicyProblem, Shaping, Smarthost } from './policy.ts';
import { readProviders } from './providers.ts';
import { integer, oneOf } from './readings.ts';
import { explainUnread, readShaping, SHIPPED_SHAPING, SHIPPED_SMARTHOST_SHAPING } from './shaping.ts';
import { hostName, readPools, readSources } from './sources.ts';

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
  if ('problem' in toml) return { problems: [toml.problem] };
  const problems = new Problems(text);
  const policy = readPolicy(new Block('', toml.table, problems), policyVersion(text));
  const failed = problems.found.some(({ severity }) => severity === 'error');
  return failed ? { problems: problems.found } : { policy, problems: problems.found };
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
  const block = root.block('default');
  const defaults = readShaping(block, SHIPPED_SHAPING);
  block.refuseRest(explainUnread);
  const shaping: Shaping = { ...SHIPPED_SHAPING, ...defaults };
  const providers = readProviders(root, shaping);
  const smarthost = readSmarthost(root, egress);
  const sources = readSources(root, egress);
  const pools = readPools(root, sources);
  const retry = readRetry(root.block('retry'));
  const dispatch = readDispatch(root.block('dispatch'));
  root.refuseRest(explainTable);
  return {
    version,
    egress,
    ...(smarthost === undefined ? {} : { smarthost }),
    shaping,
    defaults,
    providers,
    sources,
    ...pools,
    retry,
    dispatch,
  };
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
  return host === undefined ? undefined : { host, port, said, shaping: { ...SHIPPED_SMARTHOST_SHAPING, ...said } };
}

/** Tables of a community file that later releases read: a block per domain, and those with a name of their own. */
function explainTable(key: string, raw: unknown): string | undefined {
  if (!isTable(raw)) return undefined;
  if (key.includes('.')) return 'a block for one domain has no effect yet; write a [provider] block';
  return LATER_TABLES.has(key) ? `[${key}] has no effect yet` : undefined;
}

const LATER_TABLES: ReadonlySet<string> = new Set(['warmup', 'class', 'tenant']);
