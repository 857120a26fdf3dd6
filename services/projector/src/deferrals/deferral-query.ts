import { type Clock, prefixEnd } from '@penstock/ports';
import { HOUR_MS } from '@penstock/reputation';
import type { ReadModel } from '../deliveries/read-model.ts';
import type { LogPoint } from '../export/log-point.ts';
import {
  addCounts,
  type DeferralCounts,
  deferralCounts,
  HOUR_COUNTERS,
  type HourCounts,
} from '../hours/hour-counts.ts';
import { HOUR_PREFIX, type HourRow, hourKeyStart, hourOf, hourRow, tenantHourStart } from '../hours/hour-rows.ts';
import { DEFERRAL_RATES, type DeferralRates, deferralRates } from './deferral-rates.ts';

export const DEFERRAL_GROUPS = ['hour', 'provider', 'source'] as const;

export type DeferralGroup = (typeof DEFERRAL_GROUPS)[number];

export interface DeferralFilter {
  /** Without one: all tenants together. */
  readonly tenant?: string;
  readonly provider?: string;
  readonly source?: string;
  /** How many hours, the last of them that of `to`. */
  readonly hours: number;
  /** Now if absent. */
  readonly to?: Exclude<LogPoint, { readonly kind: 'offset' }>;
  /** What makes a row; what is not named is summed up. */
  readonly by: readonly DeferralGroup[];
  readonly limit: number;
}

export interface DeferralFigures extends DeferralCounts {
  readonly rates: DeferralRates;
}

export interface DeferralRow extends DeferralFigures {
  /** Begin of the hour, ms since the epoch. */
  readonly hour?: number;
  readonly provider?: string;
  /** Empty for what no source had to do with. */
  readonly source?: string;
}

export interface DeferralTimeline {
  /** ms since the epoch: counted are facts at or after it … */
  readonly from: number;
  /** … and before it. */
  readonly to: number;
  readonly by: readonly DeferralGroup[];
  readonly definitions: { readonly counts: typeof HOUR_COUNTERS; readonly rates: typeof DEFERRAL_RATES };
  readonly totals: DeferralFigures;
  /** By hour, provider and source, ascending. */
  readonly rows: readonly DeferralRow[];
  readonly truncated: boolean;
}

const PAGE = 5_000;
/** Most rows of one tenant in an hour: every provider by every source. */
const TENANT_PAGE = 5_000;

interface Group {
  readonly name: Pick<DeferralRow, 'hour' | 'provider' | 'source'>;
  readonly counts: HourCounts;
}

/** When who deferred what, in hours. */
export class DeferralQuery {
  constructor(
    private readonly model: ReadModel,
    private readonly clock: Clock,
  ) {}

  async deferrals(filter: DeferralFilter): Promise<DeferralTimeline> {
    const last = hourOf(this.timeOf(filter.to));
    const first = last - filter.hours + 1;
    const groups = new Map<string, Group>();
    const total: HourCounts = {};
    for await (const row of this.rows(filter.tenant, first, last)) {
      if (row.provider !== (filter.provider ?? row.provider) || row.source !== (filter.source ?? row.source)) continue;
      addCounts(total, row.counts);
      addCounts(groupOf(groups, filter.by, row).counts, row.counts);
    }
    const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
    return {
      from: first * HOUR_MS,
      to: (last + 1) * HOUR_MS,
      by: filter.by,
      definitions: { counts: HOUR_COUNTERS, rates: DEFERRAL_RATES },
      totals: figures(total),
      rows: sorted.slice(0, filter.limit).map(({ name, counts }) => ({ ...name, ...figures(counts) })),
      truncated: sorted.length > filter.limit,
    };
  }

  private timeOf(to: DeferralFilter['to']): number {
    if (to?.kind === 'time') return to.at;
    return this.clock.now() - (to?.ms ?? 0);
  }

  private rows(tenant: string | undefined, first: number, last: number): AsyncGenerator<HourRow> {
    return tenant === undefined ? this.everybodys(first, last) : this.tenants(tenant, first, last);
  }

  private async *everybodys(first: number, last: number): AsyncGenerator<HourRow> {
    const to = hourKeyStart(HOUR_PREFIX, last + 1);
    for (let from = hourKeyStart(HOUR_PREFIX, first); ; ) {
      const entries = await this.model.rows.range({ from, to, limit: PAGE });
      for (const entry of entries) yield hourRow(entry);
      const end = entries.at(-1);
      if (!end || entries.length < PAGE) return;
      from = `${end.key}\u0000`;
    }
  }

  private async *tenants(tenant: string, first: number, last: number): AsyncGenerator<HourRow> {
    for (let hour = first; hour <= last; hour++) {
      const from = tenantHourStart(hour, tenant);
      const entries = await this.model.rows.range({ from, to: prefixEnd(from), limit: TENANT_PAGE });
      for (const entry of entries) yield hourRow(entry);
    }
  }
}

function groupOf(groups: Map<string, Group>, by: readonly DeferralGroup[], row: HourRow): Group {
  const hour = String(row.hour).padStart(8, '0');
  const parts = { hour, provider: row.provider, source: row.source };
  const key = DEFERRAL_GROUPS.map((part) => (by.includes(part) ? parts[part] : '')).join('\u0000');
  const known = groups.get(key);
  if (known) return known;
  const name = {
    ...(by.includes('hour') && { hour: row.hour * HOUR_MS }),
    ...(by.includes('provider') && { provider: row.provider }),
    ...(by.includes('source') && { source: row.source }),
  };
  const group: Group = { name, counts: {} };
  groups.set(key, group);
  return group;
}

function figures(counts: HourCounts): DeferralFigures {
  const taken = deferralCounts(counts);
  return { ...taken, rates: deferralRates(taken) };
}
