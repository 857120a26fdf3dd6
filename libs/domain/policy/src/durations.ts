import { type Reader, shown } from './readings.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
};

const PART = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)\s*/i;
const MAX_MS = 366 * 86_400_000;
const MAX_PARTS = 8;

/** Milliseconds of `"30s"`, `"20 minutes"`, `"1h 30m"` or a bare number of seconds; undefined if it is none. */
export function parseDuration(raw: unknown): number | undefined {
  if (typeof raw === 'number') return within(raw * 1000);
  if (typeof raw !== 'string') return undefined;
  if (/^[0-9]+(\.[0-9]+)?$/.test(raw.trim())) return within(Number(raw) * 1000);
  let rest = raw;
  let total = 0;
  for (let parts = 0; rest !== ''; parts++) {
    const match = PART.exec(rest);
    const unit = match && unitMs(match[2] ?? '');
    if (!match || unit === undefined || unit === null || parts === MAX_PARTS) return undefined;
    total += Number(match[1]) * unit;
    rest = rest.slice(match[0].length);
  }
  return raw.trim() === '' ? undefined : within(total);
}

/** Milliseconds of one unit in any of its spellings. */
export function unitMs(word: string): number | undefined {
  const unit = word.toLowerCase();
  return UNIT_MS[unit] ?? (unit.endsWith('s') ? UNIT_MS[unit.slice(0, -1)] : undefined);
}

function within(ms: number): number | undefined {
  return Number.isFinite(ms) && ms >= 0 && ms <= MAX_MS ? Math.round(ms) : undefined;
}

/** A duration of at least `leastMs`. */
export function duration(leastMs = 0): Reader<number> {
  return (raw) => {
    const ms = parseDuration(raw);
    if (ms === undefined) {
      return {
        wrong: `${shown(raw)} is not a duration; write "30s", "5m", "72h", "20 minutes" or a number of seconds`,
      };
    }
    return ms < leastMs ? { wrong: `${shown(raw)} is shorter than the least, ${leastMs} ms` } : { value: ms };
  };
}

/** In the largest unit that leaves no fraction, as a person would write it: `5m`, `3d`, `90s`. */
export function durationText(ms: number): string {
  for (const [unit, length] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const) {
    if (ms >= length && ms % length === 0) return `${ms / length}${unit}`;
  }
  return `${ms}ms`;
}
