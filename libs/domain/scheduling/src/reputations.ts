/** What `mail.control` last said of each reputation; only `decide` reads it. */
import type { ReputationChanged, ReputationSubject } from '@penstock/events';

export interface Reputation {
  /** 0 to 100; undefined where there were too few outcomes to rate it. */
  readonly score: number | undefined;
  /** Scores of the providers with enough outcomes of their own. */
  readonly providers: Readonly<Record<string, number>>;
  readonly outcomes: number;
  /** When it was said, ms since the epoch. */
  readonly at: number;
}

/** By `reputationKey`: the last record counts, so that a repeated one changes nothing. */
export type Reputations = ReadonlyMap<string, Reputation>;

export function reputationKey(subject: ReputationSubject, name: string): string {
  return `${subject}|${name}`;
}

export function withReputation(before: Reputations, { at, body }: ReputationChanged): Reputations {
  const { subject, name, score, providers, outcomes } = body;
  return new Map(before).set(reputationKey(subject, name), { score, providers, outcomes, at });
}

/** Score of a tenant over all providers, 0 to 100; undefined while it is unrated. */
export function tenantScore(reputations: Reputations, tenant: string): number | undefined {
  return reputations.get(reputationKey('tenant', tenant))?.score;
}
