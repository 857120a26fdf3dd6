/** Upper bounds of the histogram of how long a group took to become durable, ms. */
export const DURABLE_BOUNDS_MS: readonly number[] = [0.25, 0.5, 1, 2, 5, 10, 25, 50, 100, 250, 1_000];

/** What the log has written since it was opened. */
export interface LogStatistics {
  /** Batches of records placed. */
  readonly appends: number;
  /** Bytes of frames placed, content included. */
  readonly bytes: number;
  /** Groups made durable, each by one sync. */
  readonly syncs: number;
  /** Time from handing a group to the writer until it was known to be durable, summed, ms. */
  readonly durableMs: number;
  /** Groups by the first bound of DURABLE_BOUNDS_MS they did not pass; the last entry holds those beyond. */
  readonly durableCounts: readonly number[];
}

/** A few additions a group. */
export class WriterStatistics implements LogStatistics {
  appends = 0;
  bytes = 0;
  syncs = 0;
  durableMs = 0;
  readonly durableCounts: number[] = new Array<number>(DURABLE_BOUNDS_MS.length + 1).fill(0);

  synced(ms: number): void {
    this.syncs++;
    this.durableMs += ms;
    const bound = DURABLE_BOUNDS_MS.findIndex((limit) => ms <= limit);
    const at = bound < 0 ? DURABLE_BOUNDS_MS.length : bound;
    this.durableCounts[at] = (this.durableCounts[at] ?? 0) + 1;
  }
}
