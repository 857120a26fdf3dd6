/** `[limit."name"]`: how much may go, counted over what it names. */
import { TRAFFIC_CLASSES, type TrafficClass } from '@penstock/events';
import type { Block } from './block.ts';
import { type Rate, rate } from './rates.ts';
import { namesOf, oneOf } from './readings.ts';

/**
 * What has a count of its own under one limit: `all` has one count together; `source` and `tenant` each their own;
 * `recipient` is a mailbox that receives, `from_mailbox` and `sending_domain` are who it comes from.
 */
export type LimitPer = 'all' | 'source' | 'tenant' | 'recipient' | 'from_mailbox' | 'sending_domain';

export interface LimitPolicy {
  readonly name: string;
  /** Recipients in any period of that length. */
  readonly rate: Rate;
  readonly per: LimitPer;
  /** Of what counts, each absent one takes in everything. */
  readonly providers?: readonly string[];
  readonly sources?: readonly string[];
  readonly pools?: readonly string[];
  readonly tenants?: readonly string[];
  readonly classes?: readonly TrafficClass[];
}

export interface Known {
  readonly providers: readonly string[];
  readonly sources: readonly string[];
  readonly pools: readonly string[];
}

export function readLimits(root: Block, known: Known): readonly LimitPolicy[] {
  return root
    .block('limit')
    .blocks()
    .flatMap(({ name, block }) => readLimit(name, block, known) ?? []);
}

function readLimit(name: string, block: Block, known: Known): LimitPolicy | undefined {
  const allowed = block.take('rate', rate);
  if (!block.has('rate')) block.error('rate', 'missing: write rate = "2000/hour" or "50000/day"');
  const limit = dropAbsent({
    per: block.take('per', oneOf('all', 'source', 'tenant', 'recipient', 'from_mailbox', 'sending_domain')) ?? 'all',
    providers: block.take('providers', namesOf('provider', known.providers)),
    sources: block.take('sources', namesOf('source', known.sources)),
    pools: block.take('pools', namesOf('pool', known.pools)),
    tenants: block.take('tenants', namesOf('tenant')),
    classes: block.take('classes', namesOf('class', TRAFFIC_CLASSES)),
  });
  if (limit.per !== 'all' && limit.per !== 'source') {
    block.shelve('per', 'is kept, but limits are counted over "all" or for each "source" only: this one is none yet');
  }
  if (limit.tenants) block.shelve('tenants', 'is kept, but limits are not counted by tenant: this one is none yet');
  block.refuseRest();
  return allowed && { name, rate: allowed, ...limit };
}

type Optional = Omit<LimitPolicy, 'name' | 'rate'>;

function dropAbsent(said: { [K in keyof Optional]: Optional[K] | undefined } & { readonly per: LimitPer }): Optional {
  const { per, ...rest } = said;
  return { per, ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) };
}
