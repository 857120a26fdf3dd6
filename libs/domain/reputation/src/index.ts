export { type CountedOutcome, OUTCOME_COUNTERS, type OutcomeCounts } from './outcome-counts.ts';
export { HOUR_MS, OutcomeWindow, type Standing, type Standings } from './outcome-window.ts';
export { type Candidate, type Due, duePublications, type PublishedReputation } from './publication.ts';
export { bounceOutcome, isInvalidByDns, isPutOff } from './recipient-verdicts.ts';
export { REPUTATION_RULES, type ReputationRules } from './rules.ts';
export type { FaultRates, Grade } from './score.ts';
