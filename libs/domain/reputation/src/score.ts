import type { OutcomeCounts } from './outcome-counts.ts';
import type { Fault, PenaltyCurve, ReputationRules } from './rules.ts';

/** Shares of the recipients counted, 0 to 1; complaints are a share of those accepted. */
export type FaultRates = Readonly<Record<Fault, number>>;

export type Grade = 'good' | 'fair' | 'poor' | 'unrated';

const FAULTS: readonly Fault[] = ['complaints', 'bounces', 'blocks', 'deferrals'];

/** @param weighted counts, each with the weight of its hour; only their ratios matter */
export function faultRates({
  judged,
  accepted,
  invalid,
  refused,
  blocked,
  putOff,
  complained,
}: OutcomeCounts): FaultRates {
  return {
    complaints: share(complained, accepted),
    bounces: share(invalid + refused, judged),
    blocks: share(blocked, judged),
    deferrals: share(putOff, judged),
  };
}

/** What was put off in one hour may bounce in a later one, which weighs more: no share is above 1 for that. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(1, part / whole);
}

/** 100 less the points of each fault; whole, rounded down, so that 84.9 is not yet 85. */
export function scoreOf(rates: FaultRates, rules: ReputationRules): number {
  let points = 0;
  for (const fault of FAULTS) points += penalty(rules.penalties[fault], rates[fault]);
  // Sums of thirds and tenths miss a whole number by a hair.
  return Math.max(0, Math.floor(100 - points + 1e-9));
}

/** Points a rate costs: on the straight line between its neighbours on the curve. */
export function penalty(curve: PenaltyCurve, rate: number): number {
  let [lowRate, lowPoints] = curve[0] ?? [0, 0];
  if (rate <= lowRate) return lowPoints;
  for (const [highRate, highPoints] of curve) {
    if (rate < highRate) {
      return lowPoints + ((highPoints - lowPoints) * (rate - lowRate)) / (highRate - lowRate);
    }
    lowRate = highRate;
    lowPoints = highPoints;
  }
  return lowPoints;
}

export function gradeOf(score: number | undefined, { grades }: ReputationRules): Grade {
  if (score === undefined) return 'unrated';
  return grades.find(({ from }) => score >= from)?.name ?? 'poor';
}
