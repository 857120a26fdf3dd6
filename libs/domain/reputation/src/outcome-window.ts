import { OUTCOME_COUNTERS, type OutcomeCounts } from './outcome-counts.ts';
import type { ReputationRules } from './rules.ts';
import { type FaultRates, faultRates, type Grade, gradeOf, scoreOf } from './score.ts';

export const HOUR_MS = 3_600_000;

/** One is this many: weights are whole numbers, so that sums of them are the same in any order. */
const WEIGHT_OF_NOW = 1_000_000;

/** A score and what it was made from. */
export interface Standing {
  /** 0 to 100, whole; undefined where there are too few outcomes. */
  readonly score: number | undefined;
  readonly grade: Grade;
  /** Recipients with an outcome in the window, unweighted. */
  readonly outcomes: number;
  /** Unweighted. */
  readonly counts: OutcomeCounts;
  readonly rates: FaultRates;
}

export interface Standings extends Standing {
  readonly providers: ReadonlyMap<string, Standing>;
}

type Sums = { -readonly [C in keyof OutcomeCounts]: number };

interface ProviderSums {
  readonly counts: Sums;
  readonly weighted: Sums;
}

/**
 * The outcomes of one source or tenant within the window, by provider: for each two sums per counter, whatever the
 * number of hours, and the same whatever the order in which the hours come.
 */
export class OutcomeWindow {
  private readonly providers = new Map<string, ProviderSums>();

  /** @param hour the hour that counts in full: hours since the epoch */
  constructor(
    private readonly hour: number,
    private readonly rules: ReputationRules,
  ) {}

  /** Adds what was counted in one hour; hours outside the window are nothing. */
  add(hour: number, provider: string, counts: Partial<OutcomeCounts>): void {
    const weight = hourWeight(this.hour - hour, this.rules);
    // Of many hours there is something to tell, and nothing that counts here.
    if (weight === 0 || OUTCOME_COUNTERS.every((counter) => !counts[counter])) return;
    const sums = this.sumsOf(provider);
    for (const counter of OUTCOME_COUNTERS) {
      const count = counts[counter] ?? 0;
      sums.counts[counter] += count;
      sums.weighted[counter] += count * weight;
    }
  }

  /** Adds another window of the same hour. */
  merge(other: OutcomeWindow): void {
    for (const [provider, { counts, weighted }] of other.providers) {
      const sums = this.sumsOf(provider);
      addSums(sums.counts, counts);
      addSums(sums.weighted, weighted);
    }
  }

  /** In total, which is the score of the sums and no mean of scores, and by provider. */
  standings(): Standings {
    const total: ProviderSums = { counts: noSums(), weighted: noSums() };
    const providers = new Map<string, Standing>();
    for (const [provider, sums] of [...this.providers].sort(([a], [b]) => (a < b ? -1 : 1))) {
      addSums(total.counts, sums.counts);
      addSums(total.weighted, sums.weighted);
      providers.set(provider, this.standing(sums));
    }
    return { ...this.standing(total), providers };
  }

  private standing({ counts, weighted }: ProviderSums): Standing {
    const outcomes = counts.judged;
    const rates = faultRates(weighted);
    const score = outcomes < this.rules.minOutcomes ? undefined : scoreOf(rates, this.rules);
    return { score, grade: gradeOf(score, this.rules), outcomes, counts: { ...counts }, rates };
  }

  private sumsOf(provider: string): ProviderSums {
    const known = this.providers.get(provider);
    if (known) return known;
    const sums = { counts: noSums(), weighted: noSums() };
    this.providers.set(provider, sums);
    return sums;
  }
}

/** What a count of so many hours ago weighs; 0 outside the window. A clock that is ahead weighs no more than now. */
export function hourWeight(ageHours: number, { windowHours, halfLifeHours }: ReputationRules): number {
  if (ageHours >= windowHours) return 0;
  return Math.round(WEIGHT_OF_NOW * 2 ** (-Math.max(0, ageHours) / halfLifeHours));
}

function noSums(): Sums {
  return { judged: 0, accepted: 0, invalid: 0, blocked: 0, refused: 0, putOff: 0, complained: 0 };
}

function addSums(sums: Sums, more: OutcomeCounts): void {
  for (const counter of OUTCOME_COUNTERS) sums[counter] += more[counter];
}
