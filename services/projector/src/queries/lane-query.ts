import type { TrafficClass } from '@penstock/events';
import type { Clock } from '@penstock/ports';
import type { ControlState } from '@penstock/scheduling';
import { rowsUnder } from '../deliveries/partition-rows.ts';
import type { ReadModel } from '../deliveries/read-model.ts';
import { fromJson } from '../deliveries/row-json.ts';
import { type LaneName, type LaneRow, laneKeyStart, laneOf } from '../lanes/lane-row.ts';
import { mergeLaneRows } from '../lanes/lane-sum.ts';
import { type LaneReason, laneReasons } from './lane-reasons.ts';
import { shownReply } from './shown-reply.ts';

export interface LaneFilter {
  readonly pool?: string;
  readonly domain?: string;
  readonly class?: TrafficClass;
  readonly limit: number;
}

export interface LaneView extends LaneName, LaneRow {
  /** Why it waits: the strongest reason first. Empty where nothing waits. */
  readonly reasons: readonly LaneReason[];
}

export interface LanesView {
  /** The longest first. */
  readonly lanes: readonly LaneView[];
  /** Over all lanes that were looked at. */
  readonly totals: { readonly lanes: number; readonly waiting: number; readonly held: number; readonly open: number };
  /** More lanes exist than are shown, or than were looked at. */
  readonly truncated: boolean;
}

/** Rows looked at for one answer. */
const MAX_ROWS = 50_000;

/** What waits, where and why. */
export class LaneQuery {
  constructor(
    private readonly model: ReadModel,
    private readonly control: () => ControlState,
    private readonly clock: Clock,
  ) {}

  async lanes(filter: LaneFilter): Promise<LanesView> {
    const { lanes, cut } = await this.sums(filter);
    lanes.sort(([, a], [, b]) => b.waiting + b.open - (a.waiting + a.open));
    const control = this.control();
    const now = this.clock.now();
    const shown = lanes.slice(0, filter.limit).map(([name, stored]) => {
      const row = shownRow(stored);
      return { ...name, ...row, reasons: laneReasons(name, row, control, now) };
    });
    return { lanes: shown, totals: totals(lanes), truncated: cut || shown.length < lanes.length };
  }

  /** Each partition has a row of its own for its share of a lane. */
  private async sums(filter: LaneFilter): Promise<{ lanes: [LaneName, LaneRow][]; cut: boolean }> {
    const sums = new Map<string, [LaneName, LaneRow]>();
    let looked = 0;
    for await (const rows of rowsUnder(this.model.rows, rangeOf(filter))) {
      for (const entry of rows) {
        const { partition: _, ...name } = laneOf(entry);
        if (matches(name, filter)) addTo(sums, name, fromJson<LaneRow>(entry.value));
      }
      looked += rows.length;
      if (looked >= MAX_ROWS) return { lanes: [...sums.values()], cut: true };
    }
    return { lanes: [...sums.values()], cut: false };
  }
}

function shownRow(row: LaneRow): LaneRow {
  const reply = row.lastRemote?.reply;
  return row.lastRemote && reply ? { ...row, lastRemote: { ...row.lastRemote, reply: shownReply(reply) } } : row;
}

function addTo(sums: Map<string, [LaneName, LaneRow]>, name: LaneName, row: LaneRow): void {
  const key = laneKeyStart(name.pool, name.domain, name.class);
  const known = sums.get(key);
  sums.set(key, [name, known ? mergeLaneRows(known[1], row) : row]);
}

function rangeOf({ pool, domain, class: trafficClass }: LaneFilter): string {
  if (pool === undefined) return laneKeyStart();
  if (domain === undefined) return laneKeyStart(pool);
  return laneKeyStart(pool, domain, trafficClass);
}

function matches(name: LaneName, filter: LaneFilter): boolean {
  return (
    (filter.pool === undefined || name.pool === filter.pool) &&
    (filter.domain === undefined || name.domain === filter.domain) &&
    (filter.class === undefined || name.class === filter.class)
  );
}

function totals(lanes: readonly [LaneName, LaneRow][]): LanesView['totals'] {
  const sum = { lanes: lanes.length, waiting: 0, held: 0, open: 0 };
  for (const [, row] of lanes) {
    sum.waiting += row.waiting;
    sum.held += row.held;
    sum.open += row.open;
  }
  return sum;
}
