import { type KeyedEntry, type KeyedStore, prefixEnd } from '@penstock/ports';
import { minuteKeyStart, minuteRow, RETENTION_MINUTES } from '../counters/minute-counters.ts';
import { EndedDeliveries } from '../deliveries/ended-deliveries.ts';
import { type PendingRow, pendingPrefix } from '../deliveries/pending-delivery.ts';
import { fromJson } from '../deliveries/row-json.ts';
import { HOUR_PREFIX, hourKeyStart, hourOfKey, RETENTION_HOURS, TENANT_HOUR_PREFIX } from '../hours/hour-rows.ts';
import { laneKey, laneKeyStart, laneOf } from '../lanes/lane-row.ts';

export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

/** Rows that are compared together: those of one partition, or those that all of them add to. */
export interface Section {
  readonly name: string;
  /** Ascending. */
  readonly ranges: readonly KeyRange[];
  holds(row: KeyedEntry): boolean;
}

const CLAIM = 'claim|';
const ENDED = 'ended|';
const LANE = laneKeyStart();
const PENDING = 'pending|';
const MINUTE = 'minute|';
const MINUTES_PER_HOUR = 60;
/** No key begins with it. */
const END = '\uffff';

function under(prefix: string): KeyRange {
  return { from: prefix, to: prefixEnd(prefix) };
}

/** Everything about one partition of `mail.events`, but for `left`. */
export function partitionSection(partition: number, left: LeftOut): Section {
  const claim = `${CLAIM}${partition}`;
  const ranges = [
    { from: claim, to: `${claim}\u0000` },
    ...(!left.older ? [under(EndedDeliveries.prefix(partition))] : []),
    under(LANE),
    under(pendingPrefix(partition)),
  ];
  return { name: `partition ${partition}`, ranges, holds };

  function holds(row: KeyedEntry): boolean {
    if (row.key.startsWith(LANE)) return laneOf(row).partition === partition && !left.lanes.has(row.key);
    return !left.pending.has(row.key);
  }
}

/** All rows that belong to no partition: whatever kinds of rows are added, they are here unless named above. */
export function unpartitionedSection({ minute, hour }: FirstKept): Section {
  const ranges: KeyRange[] = [];
  let from = '';
  for (const prefix of [CLAIM, ENDED, LANE, PENDING].sort()) {
    ranges.push({ from, to: prefix });
    from = prefixEnd(prefix);
  }
  ranges.push({ from, to: END });
  return {
    name: 'all partitions',
    ranges,
    holds: (row) =>
      row.key.startsWith(MINUTE) ? minuteRow(row).minute >= minute : (hourOfKey(row.key) ?? hour) >= hour,
  };
}

/** Live rows of a partition that rest on facts before the log's begin. */
export interface LeftOut {
  readonly pending: ReadonlySet<string>;
  readonly lanes: ReadonlySet<string>;
  /** Whether the log begins later than the model's memory, so that rows of ended deliveries are cut elsewhere. */
  readonly older: boolean;
}

const NOTHING: LeftOut = { pending: new Set(), lanes: new Set(), older: false };

/** @param begin first offset the log still holds */
export async function leftOut(live: KeyedStore, partition: number, begin: number): Promise<LeftOut> {
  if (begin === 0) return NOTHING;
  const pending = new Set<string>();
  const lanes = new Set<string>();
  const { from, to } = under(pendingPrefix(partition));
  for (let next = from; ; ) {
    const rows = await live.range({ from: next, to, limit: 1_000 });
    for (const { key, value } of rows) {
      const row = fromJson<PendingRow>(value);
      if (row.sequence >= begin) continue;
      pending.add(key);
      lanes.add(laneKey(row, partition));
    }
    const last = rows.at(-1);
    if (!last) return { pending, lanes, older: true };
    next = `${last.key}\u0000`;
  }
}

/** What comes before is not there, or not whole. */
export interface FirstKept {
  readonly minute: number;
  readonly hour: number;
}

/** Those of which both models have to hold every row: earlier ones are let go one by one. */
export async function firstKept(...stores: readonly KeyedStore[]): Promise<FirstKept> {
  const minutes = await Promise.all(stores.map(newestMinute));
  const hours = await Promise.all(stores.map(newestHour));
  return { minute: Math.max(...minutes) - RETENTION_MINUTES, hour: Math.max(...hours) - RETENTION_HOURS };
}

/** The first ones that lie wholly behind the beginning of a minute; every one if that is before all time. */
export function firstCovered(minute: number): FirstKept {
  return { minute, hour: Math.ceil(minute / MINUTES_PER_HOUR) };
}

async function newestMinute(store: KeyedStore): Promise<number> {
  const [row] = await store.range({ ...under(MINUTE), limit: 1, descending: true });
  return row ? minuteRow(row).minute : Number.NEGATIVE_INFINITY;
}

async function newestHour(store: KeyedStore): Promise<number> {
  const [row] = await store.range({ ...under(HOUR_PREFIX), limit: 1, descending: true });
  return (row && hourOfKey(row.key)) ?? Number.NEGATIVE_INFINITY;
}

/** The rows of the minutes and hours before these. */
export function rowsBefore({ minute, hour }: FirstKept): readonly KeyRange[] {
  return [
    { from: MINUTE, to: minuteKeyStart(Math.max(0, minute)) },
    ...[HOUR_PREFIX, TENANT_HOUR_PREFIX].map((prefix) => ({ from: prefix, to: hourKeyStart(prefix, hour) })),
  ];
}

/** Deliveries that ended, as they stand in their rows, oldest first. */
export async function endedDeliveries(store: KeyedStore, partition: number): Promise<readonly KeyedEntry['value'][]> {
  const rows = await store.range({ ...under(EndedDeliveries.prefix(partition)), limit: 1_000 });
  return rows.flatMap(({ value }) => (Array.isArray(value) ? value : [value]));
}
