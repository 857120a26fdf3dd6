import type { HoldReason, Phase, SmtpReply, TrafficClass } from '@penstock/events';
import type { KeyedEntry } from '@penstock/ports';

/** The last notice that deliveries of the lane wait for us. */
export interface LastHold {
  readonly at: number;
  readonly reasons: readonly HoldReason[];
  readonly text: string;
  readonly until?: number;
}

/** What the receiver last said to a delivery of the lane, and when that one is tried again. */
export interface LastRemote {
  readonly at: number;
  readonly source: string;
  readonly phase?: Phase;
  readonly cause: string;
  readonly reply?: SmtpReply;
  readonly retryAt: number;
}

/** One lane's share in one partition. */
export interface LaneRow {
  readonly waiting: number;
  readonly open: number;
  /** Of those waiting: how many got a notice that they wait for us. */
  readonly held: number;
  readonly heldBy: { readonly [R in HoldReason]?: number };
  /** ms since the epoch */
  readonly oldestAcceptedAt?: number;
  /** When the first of those waiting may be tried; in the past where it already may. ms since the epoch. */
  readonly nextDueAt?: number;
  readonly site?: string;
  readonly provider?: string;
  readonly lastHold?: LastHold;
  readonly lastRemote?: LastRemote;
}

export interface LaneName {
  readonly pool: string;
  readonly domain: string;
  readonly class: TrafficClass;
}

const PREFIX = 'lane|';

/** Where the rows of all lanes, of one pool's, of one domain's in the pool, or of one lane begin. */
export function laneKeyStart(pool?: string, domain?: string, trafficClass?: TrafficClass): string {
  let key = PREFIX;
  for (const part of [pool, domain, trafficClass]) {
    if (part === undefined) return key;
    key += `${encodeURIComponent(part)}|`;
  }
  return key;
}

export function laneKey(name: LaneName, partition: number): string {
  return `${laneKeyStart(name.pool, name.domain, name.class)}${partition}`;
}

export function laneOf({ key }: KeyedEntry): LaneName & { readonly partition: number } {
  const [, pool = '', domain = '', trafficClass, partition] = key.split('|');
  return {
    pool: decodeURIComponent(pool),
    domain: decodeURIComponent(domain),
    class: trafficClass === 'transactional' ? 'transactional' : 'bulk',
    partition: Number(partition),
  };
}
