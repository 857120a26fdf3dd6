import { readAutomation } from './automation.ts';
import type { Block } from './block.ts';
import { overlaps } from './match-overlap.ts';
import type { ProviderMatch, ProviderPolicy, Shaping } from './policy.ts';
import { oneOf, type Reader, shown } from './readings.ts';
import { readProviderShaping, readSourceBlocks } from './shaping.ts';
import { explainUnread } from './unread-shaping.ts';

/** Names become part of path keys, `source|provider:name`: no separator, blank or control character. */
export const NAME = /^[^|\s\p{Cc}]{1,64}$/u;
export const NAME_RIGHT = 'a name of 1 to 64 characters without blanks or "|"';

export function readProviders(root: Block, inherited: Shaping): readonly ProviderPolicy[] {
  const providers: ProviderPolicy[] = [];
  for (const { name, block } of root.block('provider').blocks()) {
    const provider = readProvider(name, block, inherited);
    const before = providers.find((one) => overlaps(one.match, provider.match));
    if (before)
      block.warning('match', `also matches what provider "${before.name}" does, which comes first and counts`);
    providers.push(provider);
  }
  return providers;
}

function readProvider(name: string, block: Block, inherited: Shaping): ProviderPolicy {
  if (!NAME.test(name)) block.error('match', `provider ${shown(name)} is not ${NAME_RIGHT}`);
  const match = block.take('match', matches) ?? [];
  if (!block.has('match')) block.warning('match', `missing: provider "${name}" is never recognised`);
  const shaping = readProviderShaping(block, inherited);
  const sources = readSourceBlocks(block, { ...inherited, ...shaping }, readProviderShaping);
  const paths = block.take('paths', oneOf('one', 'per_site'));
  const automation = readAutomation(block);
  block.refuseRest(explainUnread);
  return { name, match, shaping, sources, automation, ...(paths === undefined ? {} : { paths }) };
}

const MATCH_RIGHT = 'write match = [{ MXSuffix = ".example.com" }], with MXSuffix, DomainSuffix or HostName';

const matches: Reader<readonly ProviderMatch[]> = (raw) => {
  if (!Array.isArray(raw)) return { wrong: `${shown(raw)} is no list of rules; ${MATCH_RIGHT}` };
  const rules: ProviderMatch[] = [];
  for (const entry of raw) {
    const rule = matchRule(entry);
    if (!rule) return { wrong: `${shown(entry)} is no rule; ${MATCH_RIGHT}` };
    rules.push(rule);
  }
  return { value: rules };
};

function matchRule(entry: unknown): ProviderMatch | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const [[kind, name] = [], ...others] = Object.entries(entry);
  if (others.length > 0 || typeof name !== 'string' || name.replace(/\./g, '') === '') return undefined;
  const lower = name.toLowerCase().replace(/\.$/, '');
  switch (kind) {
    case 'MXSuffix':
      return { mxSuffix: lower };
    case 'DomainSuffix':
      return { domainSuffix: lower };
    case 'HostName':
      return { hostName: lower };
    default:
      return undefined;
  }
}
