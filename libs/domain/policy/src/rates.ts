import { unitMs } from './durations.ts';
import { type Reader, shown } from './readings.ts';

/** `"50/s,max_burst=5"`: `count` per `periodMs`, smoothed, at most `burst` at once. */
export interface Rate {
  readonly count: number;
  readonly periodMs: number;
  readonly burst: number;
}

const RATE =
  /^(?:local:)?\s*([0-9][0-9,_]*)\s*(?:\/|per\s)\s*([0-9]+)?\s*([a-z]+)\s*(?:,\s*max_burst\s*=\s*([0-9]+)\s*)?$/i;
/** Larger bursts would be no smoothing at all. */
const MAX_BURST = 100_000;

/**
 * `"100/s"`, `"2000/hour"`, `"1,000/day"`, `"120/60s"`, `"50/s,max_burst=5"`; undefined if it is none. Without
 * `max_burst` the rate is smoothed strictly: one at a time.
 */
export function parseRate(raw: unknown): Rate | undefined {
  const match = typeof raw === 'string' ? RATE.exec(raw) : null;
  if (!match) return undefined;
  const unit = unitMs(match[3] ?? '');
  const count = Number((match[1] ?? '').replace(/[,_]/g, ''));
  const units = Number(match[2] ?? 1);
  const burst = Number(match[4] ?? 1);
  if (unit === undefined || !(count >= 1 && count <= 1e9) || units < 1 || burst < 1 || burst > MAX_BURST)
    return undefined;
  return { count, periodMs: units * unit, burst };
}

export const rate: Reader<Rate> = (raw) => {
  const value = parseRate(raw);
  return value
    ? { value }
    : { wrong: `${shown(raw)} is not a rate; write "100/s", "5/min", "2000/hour" or "50/s,max_burst=5"` };
};

/** As the file would say it. */
export function formatRate({ count, periodMs, burst }: Rate): string {
  const unit = { 1000: 's', 60000: 'min', 3600000: 'hour', 86400000: 'day' }[periodMs] ?? `${periodMs / 1000}s`;
  return `${count}/${unit}${burst === 1 ? '' : `,max_burst=${burst}`}`;
}

/** The rate that lets less through. */
export function stricterRate(a: Rate, b: Rate): Rate {
  return a.count / a.periodMs <= b.count / b.periodMs ? a : b;
}
