import type { HistoryEntry } from '../history.ts';

/** Counts a second, by bins of equal length from the run's begin. */
export interface Rates {
  readonly binMs: number;
  readonly accepted: readonly number[];
  readonly received: readonly number[];
}

/** No more bins than a plot has room for, and none below a second. */
export function ratesOf(history: Iterable<HistoryEntry>, endMs: number, mostBins: number): Rates {
  const binMs = Math.max(1, Math.ceil(endMs / 1_000 / mostBins)) * 1_000;
  const bins = Math.floor(endMs / binMs) + 1;
  const accepted = new Array<number>(bins).fill(0);
  const received = new Array<number>(bins).fill(0);
  const count = (into: number[], at: number) => {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(at / binMs)));
    into[bin] = (into[bin] ?? 0) + 1_000 / binMs;
  };
  for (const entry of history) {
    if (entry.kind === 'submission' && entry.ended === 'ok') count(accepted, entry.answeredAt);
    if (entry.kind === 'reception') count(received, entry.at);
  }
  return { binMs, accepted, received };
}
