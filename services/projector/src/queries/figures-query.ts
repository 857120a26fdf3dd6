import type { HoldReason, TrafficClass } from '@penstock/events';
import type { Tracing, TracingCounts } from '@penstock/ports';
import { type ControlState, reputationKey } from '@penstock/scheduling';
import { type Counts, OTHER_PROVIDER, UNRESOLVED_PROVIDER } from '../counters/counter-names.ts';
import type { DurationFigure } from '../counters/durations.ts';
import type { AcceptedTally, FactTally } from '../counters/fact-tally.ts';
import { rowsUnder } from '../deliveries/partition-rows.ts';
import type { ReadModel } from '../deliveries/read-model.ts';
import { fromJson } from '../deliveries/row-json.ts';
import type { FactReader } from '../facts/fact-reader.ts';
import { type LaneRow, laneKeyStart, laneOf } from '../lanes/lane-row.ts';

/** Deliveries that have not ended. */
export interface DepthFigure {
  readonly class: TrafficClass;
  /** `unresolved` until something of the lane was released. */
  readonly provider: string;
  readonly waiting: number;
  readonly open: number;
}

export interface Figures {
  readonly accepted: readonly AcceptedTally[];
  readonly providers: readonly { readonly provider: string; readonly counts: Counts }[];
  readonly latencies: readonly DurationFigure[];
  readonly attempts: readonly DurationFigure[];
  readonly depths: readonly DepthFigure[];
  readonly held: readonly { readonly class: TrafficClass; readonly reason: HoldReason; readonly deliveries: number }[];
  /** Scores of sources as last published, those that are rated: in total (`all`) and by provider. */
  readonly reputations: readonly { readonly source: string; readonly provider: string; readonly score: number }[];
  /** Spans sent and lost since the start. */
  readonly spans: TracingCounts;
  /** Everything of the partition of `mail.events` before the offset is stored. */
  readonly stored: readonly { readonly group: string; readonly partition: number; readonly offset: number }[];
}

/** Rows looked at for one answer. */
const MAX_ROWS = 50_000;

/** Numbers for those who watch all of it: what was counted since the start, and what waits now. */
export class FiguresQuery {
  constructor(
    private readonly model: ReadModel,
    private readonly tally: FactTally,
    private readonly readers: readonly FactReader[],
    private readonly tracing: Pick<Tracing, 'counts'>,
    private readonly control: () => ControlState,
  ) {}

  async figures(): Promise<Figures> {
    const depths = new Map<string, { -readonly [K in keyof DepthFigure]: DepthFigure[K] }>();
    const held = new Map<string, { class: TrafficClass; reason: HoldReason; deliveries: number }>();
    let looked = 0;
    for await (const rows of rowsUnder(this.model.rows, laneKeyStart())) {
      for (const entry of rows) {
        const { class: trafficClass } = laneOf(entry);
        const row = fromJson<LaneRow>(entry.value);
        const provider = row.provider ?? (row.site === undefined ? UNRESOLVED_PROVIDER : OTHER_PROVIDER);
        const depth = found(depths, `${trafficClass} ${provider}`, {
          class: trafficClass,
          provider,
          waiting: 0,
          open: 0,
        });
        depth.waiting += row.waiting;
        depth.open += row.open;
        for (const [reason, count] of Object.entries(row.heldBy) as [HoldReason, number][]) {
          found(held, `${trafficClass} ${reason}`, { class: trafficClass, reason, deliveries: 0 }).deliveries += count;
        }
      }
      looked += rows.length;
      if (looked >= MAX_ROWS) break;
    }
    return {
      ...this.tally.view(),
      depths: [...depths.values()],
      held: [...held.values()],
      reputations: sourceScores(this.control()),
      spans: this.tracing.counts(),
      stored: this.readers.flatMap((reader) =>
        reader.partitions().map((partition) => ({
          group: reader.group,
          partition,
          offset: reader.stored.of(partition) ?? 0,
        })),
      ),
    };
  }
}

/** Whom the source's mail belongs to is nobody's business here: tenants have no label. */
function sourceScores({ policy, reputations }: ControlState): Figures['reputations'] {
  return [...(policy?.sources.keys() ?? [])].flatMap((source) => {
    const known = reputations.get(reputationKey('source', source));
    if (known?.score === undefined) return [];
    const byProvider = Object.entries(known.providers).map(([provider, score]) => ({ source, provider, score }));
    return [{ source, provider: 'all', score: known.score }, ...byProvider];
  });
}

function found<V>(map: Map<string, V>, key: string, fresh: V): V {
  const known = map.get(key);
  if (known) return known;
  map.set(key, fresh);
  return fresh;
}
