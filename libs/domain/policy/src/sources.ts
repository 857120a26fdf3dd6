import { EMBEDDED_PARTITIONS } from '@penstock/events';
import type { Block } from './block.ts';
import type { Egress, PoolPolicy, SourcePolicy } from './policy.ts';
import { NAME, NAME_RIGHT } from './providers.ts';
import { address, integer, nameOf, type Reader, shown, text } from './readings.ts';

const HOST_LABELS =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
/** RFC 5321 section 4.1.3: what a client without a name greets with. */
const ADDRESS_LITERAL = /^\[[0-9A-Fa-f.:IPv]{3,50}\]$/;

export const hostName: Reader<string> = text(HOST_LABELS, 'a host name, such as "mail.example.com"');

const ehloName: Reader<string> = (raw) =>
  typeof raw === 'string' && ADDRESS_LITERAL.test(raw) ? { value: raw } : hostName(raw);

const LAST_PARTITION = EMBEDDED_PARTITIONS['mail.attempts'] - 1;

export function readSources(
  root: Block,
  egress: Egress,
  warmups: ReadonlySet<string>,
): ReadonlyMap<string, SourcePolicy> {
  const blocks = root.block('source').blocks();
  const sources = new Map<string, SourcePolicy>();
  const partitions = new Map<number, string>();
  for (const { name, block } of blocks) {
    if (!NAME.test(name)) block.error('bind', `source ${shown(name)} is not ${NAME_RIGHT}`);
    const source = readSource(name, block, { egress, only: blocks.length === 1, warmups });
    const other = partitions.get(source.partition);
    if (other !== undefined && block.has('partition')) {
      block.error(
        'partition',
        `${source.partition} is already source "${other}"'s; each source needs its own, for ever`,
      );
    }
    partitions.set(source.partition, name);
    sources.set(name, source);
  }
  if (sources.size === 0) {
    if (egress === 'internet')
      root.error('source', 'missing: mail to the internet needs [source."name"] with ehlo_domain');
    sources.set('local', { name: 'local', ehlo: 'localhost', partition: 0 });
  }
  return sources;
}

interface Around {
  readonly egress: Egress;
  /** It is the only source. */
  readonly only: boolean;
  /** Names of the tables there are. */
  readonly warmups: ReadonlySet<string>;
}

function readSource(name: string, block: Block, { egress, only, warmups }: Around): SourcePolicy {
  const bind = block.take('bind', address);
  const ehlo = block.take('ehlo_domain', ehloName);
  const partition = block.take('partition', integer(0, LAST_PARTITION));
  if (!block.has('ehlo_domain') && egress === 'internet') {
    block.error('ehlo_domain', 'missing: receivers expect the name this address resolves to');
  }
  if (!block.has('partition') && !only) {
    block.error('partition', 'missing: with several sources each names its own and keeps it for ever');
  }
  const warmup = block.take('warmup', nameOf('warmup', warmups));
  block.refuseRest();
  return {
    name,
    ehlo: ehlo ?? 'localhost',
    partition: partition ?? 0,
    ...(bind === undefined ? {} : { bind }),
    ...(warmup === undefined ? {} : { warmup }),
  };
}

export interface Pools {
  readonly pools: ReadonlyMap<string, PoolPolicy>;
  readonly defaultPool: string;
}

/** Without a pool block, one pool named `default` holds every source. */
export function readPools(root: Block, sources: ReadonlyMap<string, SourcePolicy>): Pools {
  const pools = new Map<string, PoolPolicy>();
  const blocks = root.block('pool').blocks();
  const names = new Set(blocks.map(({ name }) => name));
  for (const { name, block } of blocks) {
    if (!NAME.test(name)) block.error('sources', `pool ${shown(name)} is not ${NAME_RIGHT}`);
    const members = block.take('sources', sourceNames(sources)) ?? [];
    if (!block.has('sources')) block.error('sources', 'missing: name the sources of the pool');
    pools.set(name, { name, sources: members, ...readSharedWarmup(name, block, names) });
    block.refuseRest();
  }
  if (pools.size === 0) pools.set('default', { name: 'default', sources: [...sources.keys()] });
  return { pools, defaultPool: readDefaultPool(root, pools) };
}

/** Least reputation of a tenant whose overflow a shared warm-up pool takes, unless the pool says otherwise. */
export const SHARED_WARMUP_REPUTATION = 85;

function readSharedWarmup(name: string, block: Block, pools: ReadonlySet<string>): Partial<PoolPolicy> {
  const pool = block.take('shared_warmup_pool', nameOf('pool', pools));
  const reputation = block.take('shared_warmup_reputation', integer(0, 100));
  if (pool === name) block.error('shared_warmup_pool', 'is the pool itself; name another one');
  return {
    ...(pool === undefined ? {} : { sharedWarmupPool: pool }),
    ...(reputation === undefined ? {} : { sharedWarmupReputation: reputation }),
  };
}

function readDefaultPool(root: Block, pools: ReadonlyMap<string, PoolPolicy>): string {
  const names = [...pools.keys()];
  const said = root.take('default_pool', text(NAME, NAME_RIGHT));
  if (said !== undefined && !pools.has(said)) {
    root.error('default_pool', `there is no pool "${said}"; there is ${names.join(', ')}`);
  }
  if (!root.has('default_pool') && pools.size > 1 && !pools.has('default')) {
    root.error('default_pool', `missing: with several pools one of ${names.join(', ')} is the default`);
  }
  return said ?? (pools.has('default') ? 'default' : (names[0] ?? 'default'));
}

function sourceNames(sources: ReadonlyMap<string, SourcePolicy>): Reader<readonly string[]> {
  return (raw) => {
    if (!Array.isArray(raw) || raw.length === 0) {
      return { wrong: `${shown(raw)} is no list of sources; write sources = ["ip-1"]` };
    }
    const stranger = raw.find((name) => typeof name !== 'string' || !sources.has(name));
    if (stranger !== undefined) {
      return { wrong: `there is no source ${shown(stranger)}; there is ${[...sources.keys()].join(', ')}` };
    }
    const repeated = raw.find((name, index) => raw.indexOf(name) !== index);
    return repeated === undefined ? { value: raw } : { wrong: `source ${shown(repeated)} is named twice` };
  };
}
