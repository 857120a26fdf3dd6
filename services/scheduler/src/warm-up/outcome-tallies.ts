/** What came of the mail of each source, in spans of ten minutes by the facts' own time. */
import type { AttemptOutcome, Fact, Phase, SourceTally, WarmupResults } from '@penstock/events';

/** How long a span is, ms. */
export const SPAN_MS = 10 * 60_000;

/** Spans that began so long before the newest are forgotten: no day of a warm-up reaches back further. */
const KEPT_MS = 26 * 3_600_000;

export const NOTHING: WarmupResults = { attempted: 0, delivered: 0, deferred: 0, bounced: 0, blocked: 0 };

/** In these the receiver has not yet been asked for a recipient. */
const BEFORE_RCPT: ReadonlySet<Phase> = new Set(['dns', 'connect', 'banner', 'ehlo', 'starttls', 'mail']);

type Tally = { -readonly [K in keyof SourceTally]: SourceTally[K] };

/** What one attempt, now closed by `record`, adds. Handed back it was none. */
export function resultOf(record: Fact): WarmupResults | undefined {
  switch (record.type) {
    case 'delivered':
      return { ...NOTHING, attempted: 1, delivered: 1 };
    case 'outcome_unknown':
      return { ...NOTHING, attempted: 1 };
    case 'bounced':
      return refused(record.body, { bounced: 1, deferred: 0 });
    case 'deferred':
      return record.body.cause === 'held' ? undefined : refused(record.body, { bounced: 0, deferred: 1 });
    default:
      return undefined;
  }
}

function refused(
  { phase, verdict }: AttemptOutcome,
  how: Pick<WarmupResults, 'bounced' | 'deferred'>,
): WarmupResults | undefined {
  const blocked = verdict.scope === 'source' ? 1 : 0;
  // A receiver that blocks the address mostly says so before it is asked for anybody.
  if (BEFORE_RCPT.has(phase)) return blocked === 0 ? undefined : { ...NOTHING, blocked };
  return { attempted: 1, delivered: 0, ...how, blocked };
}

/** Tallies by source, partition and span; of two about the same the larger counts. */
export class OutcomeTallies {
  /** Source → partition and span → tally. */
  private readonly tallies = new Map<string, Map<string, Tally>>();
  private changed = new Set<Tally>();
  private forgotten = 0;

  /** An attempt from `source` was closed by `record`. */
  count(source: string, record: Fact): void {
    const result = resultOf(record);
    if (!result) return;
    const from = record.at - (record.at % SPAN_MS);
    const tally = this.of(source, record.partition, from);
    for (const key of RESULT_KEYS) tally[key] += result[key];
    this.changed.add(tally);
  }

  /** What another, or we ourselves before, have counted. */
  learn(told: SourceTally): void {
    const tally = this.of(told.source, told.eventsPartition, told.from);
    for (const key of RESULT_KEYS) tally[key] = Math.max(tally[key], told[key]);
  }

  /** What changed since the last call. */
  takeChanged(): readonly SourceTally[] {
    const { changed } = this;
    this.changed = new Set();
    return Array.from(changed, (tally) => ({ ...tally }));
  }

  /** They could not be told. */
  giveBack(tallies: readonly SourceTally[]): void {
    for (const { source, eventsPartition, from } of tallies) this.changed.add(this.of(source, eventsPartition, from));
  }

  /** Spans that end after `from` and begin before `to`, ms since the epoch: exact to the length of one. */
  between(source: string, from: number, to: number): WarmupResults {
    const sum = { ...NOTHING } as { -readonly [K in keyof WarmupResults]: number };
    for (const tally of this.ofSource(source).values()) {
      if (tally.from + SPAN_MS <= from || tally.from >= to) continue;
      for (const key of RESULT_KEYS) sum[key] += tally[key];
    }
    return sum;
  }

  /** When the last span begins in which the source attempted anything, ms since the epoch. */
  lastActive(source: string): number | undefined {
    let last: number | undefined;
    for (const { attempted, from } of this.ofSource(source).values()) {
      if (attempted > 0) last = Math.max(last ?? 0, from);
    }
    return last;
  }

  private of(source: string, eventsPartition: number, from: number): Tally {
    const own = this.ofSource(source);
    const name = `${eventsPartition}|${from}`;
    let tally = own.get(name);
    if (!tally) {
      tally = { source, eventsPartition, from, ...NOTHING };
      own.set(name, tally);
      this.forgetBefore(from - KEPT_MS);
    }
    return tally;
  }

  private ofSource(source: string): Map<string, Tally> {
    let own = this.tallies.get(source);
    if (!own) {
      own = new Map();
      this.tallies.set(source, own);
    }
    return own;
  }

  private forgetBefore(from: number): void {
    if (from <= this.forgotten) return;
    this.forgotten = from;
    for (const own of this.tallies.values()) for (const [name, tally] of own) if (tally.from < from) own.delete(name);
  }
}

const RESULT_KEYS = ['attempted', 'delivered', 'deferred', 'bounced', 'blocked'] as const;
