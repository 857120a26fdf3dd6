import type { KeyedEntry, KeyedIncrement } from '@penstock/ports';
import { fromJson } from '../deliveries/row-json.ts';
import { HourCounters } from '../hours/hour-counters.ts';
import type { Counter, Counts } from './counter-names.ts';
import type { FactTally } from './fact-tally.ts';

export const MINUTE_MS = 60_000;
/** Rows older than this, measured against the newest fact, are let go. */
export const RETENTION_MINUTES = 48 * 60;

const PREFIX = 'minute|';

/** Sorts by time; the names are escaped so that none can contain the separator. */
export function minuteKey(minute: number, provider: string, source: string): string {
  return `${minuteKeyStart(minute)}${encodeURIComponent(provider)}|${encodeURIComponent(source)}`;
}

/** Every row of the minute and of later ones is at or after this key. */
export function minuteKeyStart(minute: number): string {
  return `${PREFIX}${String(minute).padStart(10, '0')}|`;
}

export interface MinuteRow {
  readonly minute: number;
  readonly provider: string;
  /** Empty where no source had to do with it. */
  readonly source: string;
  readonly counts: Counts;
}

export function minuteRow({ key, value }: KeyedEntry): MinuteRow {
  const [, minute = '0', provider = '', source = ''] = key.split('|');
  return {
    minute: Number(minute),
    provider: decodeURIComponent(provider),
    source: decodeURIComponent(source),
    counts: fromJson<Counts>(value),
  };
}

interface Cell {
  readonly key: string;
  readonly provider: string;
  readonly fields: Counts;
}

type Cells = Map<string, Map<string, Cell>>;

/** Increments not yet stored, one row per minute, provider and source, by the time of the facts. */
export class MinuteCounters {
  /** By minute, provider and source. */
  private minutes = new Map<number, Cells>();
  private newestMinute = 0;
  private prunedBefore = 0;
  /** What is counted by hours and tenants, of the same facts. */
  readonly hours = new HourCounters();
  /** Where the counts go beside the rows; a model that is rebuilt has none. */
  tally: FactTally | undefined;

  /** What to add to for a fact of this time; undefined for one older than what is kept. */
  at(time: number, provider: string, source: string): Counts | undefined {
    const minute = Math.floor(time / MINUTE_MS);
    if (minute > this.newestMinute) this.newestMinute = minute;
    if (minute < this.newestMinute - RETENTION_MINUTES) return undefined;
    const known = this.minutes.get(minute)?.get(provider)?.get(source);
    return (known ?? this.newCell(minute, provider, source)).fields;
  }

  take(): readonly KeyedIncrement[] {
    const taken: Cell[] = [];
    for (const providers of this.minutes.values()) {
      for (const sources of providers.values()) taken.push(...sources.values());
    }
    this.minutes = new Map();
    for (const { provider, fields } of taken) this.tally?.add(provider, fields);
    return taken.map(({ key, fields }) => ({ key, fields }));
  }

  /** The range to be deleted now, or undefined if no minute has passed since the last one. */
  expired(): { readonly from: string; readonly to: string } | undefined {
    const before = this.newestMinute - RETENTION_MINUTES;
    if (before <= this.prunedBefore) return undefined;
    this.prunedBefore = before;
    return { from: PREFIX, to: minuteKeyStart(before) };
  }

  private newCell(minute: number, provider: string, source: string): Cell {
    const cell: Cell = { key: minuteKey(minute, provider, source), provider, fields: {} };
    const providers: Cells = this.minutes.get(minute) ?? new Map();
    const sources = providers.get(provider) ?? new Map<string, Cell>();
    this.minutes.set(minute, providers.set(provider, sources.set(source, cell)));
    return cell;
  }
}

export function addTo(counts: Counts, counter: Counter, amount = 1): void {
  counts[counter] = (counts[counter] ?? 0) + amount;
}
