/** `["example.com"]`: what holds for one domain, or for every domain that shares its mail hosts. */
import { readAutomation } from './automation.ts';
import { type Block, isTable } from './block.ts';
import type { DomainPolicy, Shaping } from './policy.ts';
import { boolean } from './readings.ts';
import { readShaping, readSourceBlocks } from './shaping.ts';
import { explainUnread } from './unread-shaping.ts';

/** A table at the top whose name has a dot is a domain's: the names of our own tables have none. */
export function readDomains(root: Block, inherited: Shaping): ReadonlyMap<string, DomainPolicy> {
  const domains = new Map<string, DomainPolicy>();
  for (const { name: written, block } of root.blocksLeft()) {
    if (!written.includes('.')) {
      ignoreSingleLabel(written, block);
      continue;
    }
    const name = written.toLowerCase().replace(/\.$/, '');
    if (domains.has(name)) block.error('mx_rollup', `the domain ${name} has a block already`);
    domains.set(name, readDomain(name, block, inherited));
  }
  return domains;
}

function readDomain(name: string, block: Block, inherited: Shaping): DomainPolicy {
  const shaping = readShaping(block, inherited);
  const mxRollup = block.take('mx_rollup', boolean) ?? true;
  const sources = readSourceBlocks(block, { ...inherited, ...shaping });
  const automation = readAutomation(block);
  block.refuseRest(explainUnread);
  return { name, mxRollup, shaping, sources, automation };
}

function ignoreSingleLabel(name: string, block: Block): void {
  const [inner] = Object.entries(block.table).find(([, value]) => isTable(value)) ?? [];
  const quoted = inner === undefined ? '' : `; a domain stands in quotes, ["${name}.${inner}"]`;
  block.ignore(`unknown table [${name}] is ignored${quoted}`);
}
