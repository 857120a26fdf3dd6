import type { Fact } from '@penstock/events';
import { isTraced, releaseContext } from '@penstock/events';

/** Upper bounds, ms: from a receiver beside us to mail that is retried for days. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000,
];

/** Upper bounds, ms: from a local receiver to the longest that a reply is waited for. */
export const ATTEMPT_BOUNDS_MS: readonly number[] = [
  5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000,
];

/** One of those counted, that was traced. */
export interface TracedDuration {
  readonly traceId: string;
  readonly ms: number;
  /** ms since the epoch */
  readonly at: number;
}

/** How long something took, by provider. */
export interface DurationFigure {
  readonly provider: string;
  readonly boundsMs: readonly number[];
  /** How many took at most each bound and more than the one before; one more for those beyond the last. */
  readonly counts: readonly number[];
  readonly sumMs: number;
  /** The newest that was traced of each bucket. */
  readonly traced: readonly (TracedDuration | undefined)[];
}

interface Histogram {
  readonly counts: number[];
  readonly traced: (TracedDuration | undefined)[];
  sumMs: number;
}

/** What a duration is taken of. */
export type Timed = Exclude<Fact, { type: 'released' | 'partition_claimed' }>;

/** Counted where it is folded: some comparisons and an addition each; a trace id is made for what is traced alone. */
export class Durations {
  private readonly byProvider = new Map<string, Histogram>();

  /** @param exemplars whether traces are sent anywhere */
  constructor(
    private readonly boundsMs: readonly number[],
    private readonly exemplars: boolean,
  ) {}

  add(provider: string, ms: number, record: Timed): void {
    const histogram = this.byProvider.get(provider) ?? this.newHistogram(provider);
    let bucket = 0;
    while (ms > (this.boundsMs[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
    histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
    histogram.sumMs += ms;
    if (!this.exemplars || record.deliveryId === undefined) return;
    const attempt = 'attempt' in record.body ? record.body.attempt : undefined;
    if (!isTraced(record.traceparent, attempt)) return;
    const { traceId } = releaseContext(record.deliveryId, record.release ?? 0);
    histogram.traced[bucket] = { traceId, ms, at: record.at };
  }

  view(): readonly DurationFigure[] {
    const { boundsMs } = this;
    return [...this.byProvider].map(([provider, { counts, sumMs, traced }]) => ({
      provider,
      boundsMs,
      counts: [...counts],
      sumMs,
      traced: [...traced],
    }));
  }

  private newHistogram(provider: string): Histogram {
    const buckets = this.boundsMs.length + 1;
    const traced = new Array<TracedDuration | undefined>(buckets).fill(undefined);
    const histogram = { counts: new Array<number>(buckets).fill(0), traced, sumMs: 0 };
    this.byProvider.set(provider, histogram);
    return histogram;
  }
}

/** Time at the receiver, ms: connecting where it had to, and the transaction; undefined where it got to neither. */
export function attemptMs({ body }: Timed): number | undefined {
  if (!('timings' in body) || body.timings === undefined) return undefined;
  const { connectMs, transactionMs } = body.timings;
  if (connectMs === undefined && transactionMs === undefined) return undefined;
  return (connectMs ?? 0) + (transactionMs ?? 0);
}
