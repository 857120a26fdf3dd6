/** What a reputation is made of, as data: docs/metrics.md shows the same numbers with a worked example. */

/** From a rate (0 to 1) to points taken off: ascending, straight lines between, flat beyond the last. */
export type PenaltyCurve = readonly (readonly [rate: number, points: number])[];

/** Rates that cost points. */
export type Fault = 'complaints' | 'bounces' | 'blocks' | 'deferrals';

export interface ReputationRules {
  /** Outcomes of longer ago are forgotten. */
  readonly windowHours: number;
  /** An outcome of so long ago counts half of one of this hour. */
  readonly halfLifeHours: number;
  /** Fewer recipients' outcomes than this rate nobody. */
  readonly minOutcomes: number;
  readonly penalties: Readonly<Record<Fault, PenaltyCurve>>;
  /** From this score on it is called so; below the last it is `poor`. */
  readonly grades: readonly { readonly name: 'good' | 'fair'; readonly from: number }[];
  readonly publication: PublicationRules;
}

/** When a score is news to the scheduler. */
export interface PublicationRules {
  /** One reputation is published no more often than this. */
  readonly everyMs: number;
  /** Points the total has to move, if it passes none of the levels. */
  readonly step: number;
  /** Points the score at one provider has to move. */
  readonly providerStep: number;
  /** Passing one of these is news, however small the step. */
  readonly levels: readonly number[];
  /** Most records at once; the others wait for the next look. */
  readonly mostAtOnce: number;
}

const MINUTE_MS = 60_000;

/**
 * A score falls under 85 where Amazon SES puts a sender under review (bounces 5 %, complaints 0.1 %), and under 50
 * where it pauses one (10 %, 0.5 %): docs.aws.amazon.com, "Reputation metrics". Blocks and deferrals have no
 * published thresholds: a fifth refused as spam is what Momentum suspends for; deferrals alone never take a score
 * under 70, since slowness is the receiver's to choose.
 */
export const REPUTATION_RULES: ReputationRules = {
  windowHours: 168,
  halfLifeHours: 48,
  minOutcomes: 200,
  penalties: {
    complaints: [
      [0, 0],
      [0.001, 15],
      [0.005, 50],
      [0.02, 100],
    ],
    bounces: [
      [0.02, 0],
      [0.05, 15],
      [0.1, 50],
      [0.3, 100],
    ],
    blocks: [
      [0.005, 0],
      [0.05, 15],
      [0.2, 50],
      [0.5, 100],
    ],
    deferrals: [
      [0.05, 0],
      [0.1, 5],
      [0.5, 30],
    ],
  },
  grades: [
    { name: 'good', from: 85 },
    { name: 'fair', from: 70 },
  ],
  publication: { everyMs: 10 * MINUTE_MS, step: 5, providerStep: 10, levels: [85, 70, 50], mostAtOnce: 20 },
};
