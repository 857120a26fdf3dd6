import type { KeyedEntry, KeyedIncrement } from '@penstock/ports';
import { fromJson } from '../deliveries/row-json.ts';
import type { Counter, Counts } from './counter-names.ts';

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

/** Increments not yet stored, one row per minute, provider and source, by the time of the facts. */
export class MinuteCounters {
  private cells = new Map<string, { readonly key: string; readonly fields: Counts }>();
  private newestMinute = 0;
  private prunedBefore = 0;

  add(at: number, provider: string, source: string, counter: Counter, amount = 1): void {
    const minute = Math.floor(at / MINUTE_MS);
    if (minute > this.newestMinute) this.newestMinute = minute;
    if (minute < this.newestMinute - RETENTION_MINUTES) return;
    const cell = this.cell(minute, provider, source);
    cell[counter] = (cell[counter] ?? 0) + amount;
  }

  take(): readonly KeyedIncrement[] {
    const taken = [...this.cells.values()];
    this.cells = new Map();
    return taken;
  }

  /** The range to be deleted now, or undefined if no minute has passed since the last one. */
  expired(): { readonly from: string; readonly to: string } | undefined {
    const before = this.newestMinute - RETENTION_MINUTES;
    if (before <= this.prunedBefore) return undefined;
    this.prunedBefore = before;
    return { from: PREFIX, to: minuteKeyStart(before) };
  }

  private cell(minute: number, provider: string, source: string): Counts {
    const name = `${minute}|${provider}|${source}`;
    const known = this.cells.get(name);
    if (known) return known.fields;
    const fields: Counts = {};
    this.cells.set(name, { key: minuteKey(minute, provider, source), fields });
    return fields;
  }
}
