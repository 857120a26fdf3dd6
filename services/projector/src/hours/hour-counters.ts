import type { KeyedIncrement } from '@penstock/ports';
import { addCounts, type HourCounts } from './hour-counts.ts';
import {
  HOUR_PREFIX,
  hourKey,
  hourKeyStart,
  hourOf,
  RETENTION_HOURS,
  TENANT_HOUR_PREFIX,
  tenantHourKey,
} from './hour-rows.ts';
import { HourTally } from './hour-tally.ts';

interface Cell {
  readonly hour: number;
  readonly tenant: string;
  readonly provider: string;
  readonly source: string;
  readonly tally: HourTally;
}

type Cells = Map<string, Map<string, Map<string, Cell>>>;

/** Keys of rows to be deleted. */
export interface Expired {
  readonly from: string;
  readonly to: string;
}

/** Increments not yet stored, by the time of the facts: a row per tenant, and one of all tenants. */
export class HourCounters {
  /** By hour, tenant, provider and source. */
  private hours = new Map<number, Cells>();
  /** The one added to before: facts of one batch are often of one tenant, provider and source. */
  private last: Cell | undefined;
  private newestHour = 0;
  private prunedBefore = 0;

  /** What to add to for a fact of this time; undefined for one older than what is kept. */
  at(time: number, tenant: string, provider: string, source: string): HourTally | undefined {
    const hour = hourOf(time);
    if (hour > this.newestHour) this.newestHour = hour;
    if (hour < this.newestHour - RETENTION_HOURS) return undefined;
    const { last } = this;
    if (last?.hour === hour && last.tenant === tenant && last.provider === provider && last.source === source) {
      return last.tally;
    }
    const known = this.hours.get(hour)?.get(tenant)?.get(provider)?.get(source);
    this.last = known ?? this.newCell({ hour, tenant, provider, source, tally: new HourTally() });
    return this.last.tally;
  }

  take(): readonly KeyedIncrement[] {
    const increments: { key: string; fields: Record<string, number> }[] = [];
    const all = new Map<string, HourCounts>();
    for (const { hour, tenant, provider, source, tally } of this.cells()) {
      const counts = tally.counts();
      increments.push({ key: tenantHourKey(hour, tenant, provider, source), fields: counts as Record<string, number> });
      const key = hourKey(hour, provider, source);
      const sum = all.get(key) ?? {};
      addCounts(sum, counts);
      all.set(key, sum);
    }
    this.hours = new Map();
    this.last = undefined;
    for (const [key, sum] of all) increments.push({ key, fields: sum as Record<string, number> });
    return increments;
  }

  /** The ranges to be deleted, until `pruned`; none if no hour has passed since. */
  expired(): readonly Expired[] {
    const before = this.newestHour - RETENTION_HOURS;
    if (before <= this.prunedBefore) return [];
    return [HOUR_PREFIX, TENANT_HOUR_PREFIX].map((prefix) => ({ from: prefix, to: hourKeyStart(prefix, before) }));
  }

  /** Nothing is left in the ranges. */
  pruned(): void {
    this.prunedBefore = this.newestHour - RETENTION_HOURS;
  }

  private *cells(): Generator<Cell> {
    for (const tenants of this.hours.values()) {
      for (const providers of tenants.values()) {
        for (const sources of providers.values()) yield* sources.values();
      }
    }
  }

  private newCell(cell: Cell): Cell {
    const { hour, tenant, provider, source } = cell;
    const tenants: Cells = this.hours.get(hour) ?? new Map();
    const providers = tenants.get(tenant) ?? new Map<string, Map<string, Cell>>();
    const sources = providers.get(provider) ?? new Map<string, Cell>();
    this.hours.set(hour, tenants.set(tenant, providers.set(provider, sources.set(source, cell))));
    return cell;
  }
}
