/** When what is thought of somebody is news to the scheduler. */
import type { ReputationChanged, ReputationSubject } from '@penstock/events';
import type { Standings } from './outcome-window.ts';
import type { PublicationRules } from './rules.ts';

/** As it stands in the log. */
export interface PublishedReputation {
  readonly score: number | undefined;
  readonly providers: Readonly<Record<string, number>>;
  /** ms since the epoch */
  readonly at: number;
}

export interface Candidate {
  readonly subject: ReputationSubject;
  readonly name: string;
  readonly standings: Standings;
  /** What the log last said, if anything. */
  readonly published: PublishedReputation | undefined;
}

export interface Due {
  readonly subject: ReputationSubject;
  readonly name: string;
  readonly body: ReputationChanged['body'];
}

interface Weighed extends Due {
  readonly weight: number;
}

/**
 * Those to be published now, the most pressing first. It follows from the log and the counts alone: whoever asks
 * again after a restart is told the same, and nothing of what stands in the log already.
 */
export function duePublications(candidates: Iterable<Candidate>, now: number, rules: PublicationRules): readonly Due[] {
  const due: Weighed[] = [];
  for (const candidate of candidates) {
    const weight = newsValue(candidate, now, rules);
    if (weight > 0) due.push({ ...dueOf(candidate), weight });
  }
  due.sort((a, b) => b.weight - a.weight || order(a.subject, b.subject) || order(a.name, b.name));
  return due.slice(0, rules.mostAtOnce).map(({ subject, name, body }) => ({ subject, name, body }));
}

/** More than any number of points: levels are what decisions hang on. */
const LEVEL = 1_000;

/** 0 where it is no news, or not yet. */
function newsValue({ standings, published }: Candidate, now: number, rules: PublicationRules): number {
  const { score } = standings;
  if (!published) return score === undefined ? 0 : LEVEL;
  if (now < published.at + rules.everyMs) return 0;
  if (score === undefined || published.score === undefined) return score === published.score ? 0 : LEVEL;
  const points = Math.abs(score - published.score);
  if (levelOf(score, rules) !== levelOf(published.score, rules)) return LEVEL + points;
  return points >= rules.step ? points : providerNews(standings, published, rules);
}

function levelOf(score: number, { levels }: PublicationRules): number {
  return levels.filter((level) => score >= level).length;
}

function providerNews(
  standings: Standings,
  { providers }: PublishedReputation,
  { providerStep }: PublicationRules,
): number {
  let most = 0;
  const scores = scoresOf(standings);
  for (const provider of new Set([...Object.keys(scores), ...Object.keys(providers)])) {
    const score = scores[provider];
    const before = providers[provider];
    const points = score === undefined || before === undefined ? providerStep : Math.abs(score - before);
    most = Math.max(most, points);
  }
  return most >= providerStep ? most : 0;
}

function dueOf({ subject, name, standings, published }: Candidate): Due {
  const { score, outcomes } = standings;
  const previous = published?.score;
  return {
    subject,
    name,
    body: {
      subject,
      name,
      ...(score !== undefined && { score }),
      ...(previous !== undefined && { previous }),
      outcomes,
      providers: scoresOf(standings),
    },
  };
}

function scoresOf({ providers }: Standings): Readonly<Record<string, number>> {
  const scores: Record<string, number> = {};
  for (const [provider, { score }] of providers) if (score !== undefined) scores[provider] = score;
  return scores;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
