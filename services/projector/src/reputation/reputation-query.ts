import type { ReputationSubject } from '@penstock/events';
import type { Clock } from '@penstock/ports';
import { type FaultRates, type Grade, HOUR_MS, type OutcomeCounts, type Standing } from '@penstock/reputation';
import { type ControlState, reputationKey } from '@penstock/scheduling';
import { hourOf } from '../hours/hour-rows.ts';
import type { OutcomeBook, SubjectOutcomes } from './outcome-book.ts';

/** What the numbers of a reputation mean: docs/metrics.md has the curves and a worked example. */
export const REPUTATION_DEFINITIONS = {
  score:
    '100 less the points that complaints, bounces, blocks and deferrals cost, from counts that weigh half after halfLifeHours; null below minOutcomes',
  outcomes: 'recipients with a verdict that counts within windowHours; nothing of a source in warm-up counts',
  bounces: '(invalid + refused) / judged, weighted',
  blocks: 'blocked / judged, weighted',
  complaints: 'complained / accepted, weighted',
  deferrals:
    'putOff / judged, weighted: recipients put off at least once by a verdict of their own; not greylisting, not throttling of a path, not what was held by us',
} as const;

export interface RatedView {
  readonly score: number | null;
  readonly grade: Grade;
  readonly outcomes: number;
  readonly counts: OutcomeCounts;
  readonly rates: FaultRates;
}

export interface ReputationView extends RatedView {
  readonly subject: ReputationSubject;
  readonly name: string;
  readonly providers: readonly ({ readonly provider: string } & RatedView)[];
  /** As decisions know it. */
  readonly published?: { readonly score: number | null; readonly at: number };
}

export interface ReputationsView {
  /** ms since the epoch */
  readonly from: number;
  readonly to: number;
  readonly windowHours: number;
  readonly halfLifeHours: number;
  readonly minOutcomes: number;
  readonly definitions: typeof REPUTATION_DEFINITIONS;
  /** Sources first, each by name. */
  readonly reputations: readonly ReputationView[];
  /** Whether there are more. */
  readonly truncated: boolean;
}

export interface ReputationFilter {
  readonly subject?: ReputationSubject;
  /** Of the tenant or source. */
  readonly name?: string;
  readonly provider?: string;
  readonly limit: number;
}

/** Reputations as they stand, by provider and in total. */
export class ReputationQuery {
  constructor(
    private readonly book: OutcomeBook,
    private readonly control: () => ControlState,
    private readonly clock: Clock,
  ) {}

  async reputations(filter: ReputationFilter): Promise<ReputationsView> {
    const { windowHours, halfLifeHours, minOutcomes } = this.book.rules;
    const found = await this.found(filter);
    const views = found.map((outcomes) => this.view(outcomes, filter.provider)).filter((view) => view !== undefined);
    const to = (hourOf(this.clock.now()) + 1) * HOUR_MS;
    return {
      from: to - windowHours * HOUR_MS,
      to,
      windowHours,
      halfLifeHours,
      minOutcomes,
      definitions: REPUTATION_DEFINITIONS,
      reputations: views.slice(0, filter.limit),
      truncated: views.length > filter.limit,
    };
  }

  private async found({ subject, name }: ReputationFilter): Promise<readonly SubjectOutcomes[]> {
    if (subject === 'tenant' && name !== undefined) return [await this.book.ofTenant(name)];
    const everybody = await this.book.everybody();
    return everybody
      .filter((each) => (subject ?? each.subject) === each.subject && (name ?? each.name) === each.name)
      .sort((a, b) => order(a.subject, b.subject) || order(a.name, b.name));
  }

  /** Undefined where nothing is known of the provider asked for. */
  private view({ subject, name, window }: SubjectOutcomes, provider?: string): ReputationView | undefined {
    const standings = window.standings();
    const providers = [...standings.providers]
      .filter(([each]) => (provider ?? each) === each)
      .map(([each, standing]) => ({ provider: each, ...rated(standing) }));
    if (provider !== undefined && providers.length === 0) return undefined;
    const published = this.control().reputations.get(reputationKey(subject, name));
    return {
      subject,
      name,
      ...rated(standings),
      providers,
      ...(published && { published: { score: published.score ?? null, at: published.at } }),
    };
  }
}

function rated({ score, grade, outcomes, counts, rates }: Standing): RatedView {
  return { score: score ?? null, grade, outcomes, counts, rates };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
