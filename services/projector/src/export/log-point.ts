/** A place in the log: an offset, or a time. */
export type LogPoint =
  | { readonly kind: 'offset'; readonly offset: number }
  /** ms since the epoch */
  | { readonly kind: 'time'; readonly at: number }
  /** So long before now. */
  | { readonly kind: 'ago'; readonly ms: number };

const OFFSET = /^[0-9]{1,11}$/;
const MILLISECONDS = /^[0-9]{12,14}$/;
const AGO = /^-([0-9]{1,9})(ms|s|m|h|d)$/;
const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const DATE_TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,3})?)?(Z|[+-][0-9]{2}:[0-9]{2})?$/;
const ZONE = /(Z|[+-][0-9]{2}:[0-9]{2})$/;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What `parseLogPoint` understands, in words. */
export const LOG_POINT_FORMS =
  'an ISO date or time (2026-01-31, 2026-01-31T14:02:00Z; UTC unless it names a zone), a time ago (-90s, -15m, -1h, -7d), milliseconds since the epoch, or an offset';

/** Undefined if the text is none. A number of up to eleven digits is an offset. */
export function parseLogPoint(text: string): LogPoint | undefined {
  if (text === 'now') return { kind: 'ago', ms: 0 };
  if (OFFSET.test(text)) return { kind: 'offset', offset: Number(text) };
  if (MILLISECONDS.test(text)) return { kind: 'time', at: Number(text) };
  const ago = AGO.exec(text);
  if (ago) return { kind: 'ago', ms: Number(ago[1]) * (UNIT_MS[ago[2] ?? ''] ?? 0) };
  if (!DATE.test(text) && !DATE_TIME.test(text)) return undefined;
  // Without a zone ECMAScript takes a date for UTC and a time for local time, whatever the machine's is.
  const at = Date.parse(DATE.test(text) || ZONE.test(text) ? text : `${text}Z`);
  return Number.isNaN(at) ? undefined : { kind: 'time', at };
}

/** A place that is named by its age as the time it is now. */
export function fixedPoint(point: LogPoint | undefined, now: number): FixedPoint | undefined {
  return point?.kind === 'ago' ? { kind: 'time', at: now - point.ms } : point;
}

export type FixedPoint = Exclude<LogPoint, { readonly kind: 'ago' }>;
