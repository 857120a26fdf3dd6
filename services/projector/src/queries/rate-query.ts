import type { Clock } from '@penstock/ports';
import type { ControlState } from '@penstock/scheduling';
import { COUNTERS, type Counter, type Counts, RATES } from '../counters/counter-names.ts';
import { MINUTE_MS, type MinuteRow, minuteKeyStart, minuteRow } from '../counters/minute-counters.ts';
import type { ReadModel } from '../deliveries/read-model.ts';
import { type ThrottleView, throttleView } from './throttle-view.ts';

/** Counts with the rates made of them; null where there was nothing to divide by. */
export interface Rated {
  readonly counts: Counts;
  readonly rates: { readonly [R in keyof typeof RATES]: number | null };
}

export interface Window {
  readonly minutes: number;
  /** ms since the epoch: counted are facts at or after it … */
  readonly from: number;
  /** … and before it. */
  readonly to: number;
  /** What each number means. */
  readonly definitions: { readonly counts: typeof COUNTERS; readonly rates: typeof RATES };
}

export interface ProvidersView extends Window {
  readonly totals: Rated;
  readonly providers: readonly ({ readonly provider: string } & Rated)[];
}

export interface SourceView extends Rated {
  readonly source: string;
  readonly ehlo?: string;
  readonly bind?: string;
  readonly pools: readonly string[];
  /** Name of the dispatcher that owns it. */
  readonly owner?: string;
  readonly unreachable?: true;
  /** Its paths that rest now. */
  readonly throttledPaths: readonly ThrottleView[];
}

export interface SourcesView extends Window {
  readonly sources: readonly SourceView[];
}

const PAGE = 5_000;

/** Counts by provider and by source over the last minutes. */
export class RateQuery {
  constructor(
    private readonly model: ReadModel,
    private readonly control: () => ControlState,
    private readonly clock: Clock,
  ) {}

  async providers(minutes: number): Promise<ProvidersView> {
    const window = this.window(minutes);
    const sums = await this.sums(window, (row) => row.provider);
    const providers = [...sums].map(([provider, counts]) => ({ provider, ...rated(counts) }));
    const total: Counts = {};
    for (const counts of sums.values()) addCounts(total, counts);
    return { ...window, totals: rated(total), providers: providers.sort((a, b) => order(a.provider, b.provider)) };
  }

  async sources(minutes: number): Promise<SourcesView> {
    const window = this.window(minutes);
    const sums = await this.sums(window, (row) => row.source);
    const { policy } = this.control();
    const names = new Set([...(policy?.sources.keys() ?? []), ...sums.keys()]);
    // What no source had to do with is counted under no name.
    names.delete('');
    const sources = [...names].sort(order).map((source) => this.source(source, sums.get(source) ?? {}));
    return { ...window, sources };
  }

  private source(source: string, counts: Counts): SourceView {
    const { policy, owners, unreachable, throttles } = this.control();
    const known = policy?.sources.get(source);
    const owner = owners.get(source)?.owner;
    const now = this.clock.now();
    const resting = [...throttles.values()].filter((throttle) => throttle.source === source && throttle.until > now);
    const pools = [...(policy?.pools.values() ?? [])].filter((pool) => pool.sources.includes(source));
    return {
      source,
      ...(known && { ehlo: known.ehlo }),
      ...(known?.bind !== undefined && { bind: known.bind }),
      pools: pools.map(({ name }) => name),
      ...(owner !== undefined && { owner }),
      ...(unreachable.has(source) && { unreachable: true }),
      throttledPaths: resting.map(throttleView),
      ...rated(counts),
    };
  }

  private window(minutes: number): Window {
    const to = (Math.floor(this.clock.now() / MINUTE_MS) + 1) * MINUTE_MS;
    return { minutes, from: to - minutes * MINUTE_MS, to, definitions: { counts: COUNTERS, rates: RATES } };
  }

  private async sums({ from, to }: Window, groupOf: (row: MinuteRow) => string): Promise<Map<string, Counts>> {
    const sums = new Map<string, Counts>();
    const end = minuteKeyStart(to / MINUTE_MS);
    for (let key = minuteKeyStart(from / MINUTE_MS); ; ) {
      const entries = await this.model.rows.range({ from: key, to: end, limit: PAGE });
      for (const entry of entries) addRow(sums, minuteRow(entry), groupOf);
      const last = entries.at(-1);
      if (!last || entries.length < PAGE) return sums;
      key = `${last.key}\u0000`;
    }
  }
}

function addRow(sums: Map<string, Counts>, row: MinuteRow, groupOf: (row: MinuteRow) => string): void {
  const group = groupOf(row);
  const sum = sums.get(group) ?? {};
  addCounts(sum, row.counts);
  sums.set(group, sum);
}

function addCounts(sum: Counts, counts: Counts): void {
  for (const [counter, count] of Object.entries(counts) as [Counter, number][]) {
    sum[counter] = (sum[counter] ?? 0) + count;
  }
}

function rated(counts: Counts): Rated {
  const all = Object.fromEntries(Object.keys(COUNTERS).map((name) => [name, counts[name as Counter] ?? 0]));
  return {
    counts: all as Required<Counts>,
    rates: {
      deferralRate: ratio(counts.deferredRemote, counts.attempts),
      bounceRate: ratio(counts.bounced, counts.attempts),
      meanLatencyMs: ratio(counts.latencyMs, counts.delivered),
    },
  };
}

function ratio(part = 0, whole = 0): number | null {
  return whole === 0 ? null : part / whole;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
