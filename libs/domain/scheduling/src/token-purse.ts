/**
 * Tokens between the answer of the store and their use. They are spent when a proposal that uses them is about to be
 * appended, whatever becomes of it: a release that may stand in the log is never paid for with a token that is used
 * again. What is not used lapses. Tokens belong to the line that asked for them, whatever else their budgets limit.
 */
import { GRANT_LAPSES_AFTER_MS, rankText } from './budget.ts';
import type { BudgetGrants, TokenLineName, TokensInHand, Want, WantRank } from './grants.ts';

/** Tokens are used within this after the answer, ms. */
export const TOKENS_KEPT_MS = 1000;

/** And within this after the question: clocks that are set right run up to a twentieth too slow. */
const USED_BY_MS = GRANT_LAPSES_AFTER_MS - TOKENS_KEPT_MS;

/** A store that does not answer at all is asked again after this. */
const UNANSWERED_MS = 1000;

/** As many answers are remembered before those are looked for that say nothing any more. */
const ANSWERS_KEPT = 1024;

/** The part of a store's answer that matters here. */
export interface TokenAnswer {
  readonly granted: number;
  readonly retryAfterMs: number;
  /** The budget in whose queue we stand. */
  readonly waitsFor?: string | undefined;
  readonly left: readonly { readonly key: string; readonly left: number }[];
}

interface KeptTokens extends TokensInHand {
  count: number;
  /** ms since the epoch */
  readonly until: number;
}

interface Refusal {
  /** ms since the epoch */
  readonly until: number;
  /** Better mail than that which was refused may ask at once; absent where that would not help either. */
  readonly rank?: string;
}

export class TokenPurse {
  private readonly kept = new Map<string, KeptTokens>();
  private readonly asked = new Set<string>();
  /** By line, or by the budget in whose queue we stand. */
  private readonly refused = new Map<string, Refusal>();
  private sweepAt = ANSWERS_KEPT;

  /** The store is being asked. */
  get waits(): boolean {
    return this.asked.size > 0;
  }

  ask(wants: readonly Want[]): void {
    for (const { line, budgets } of wants) {
      this.asked.add(line);
      for (const { key } of budgets) this.asked.add(key);
    }
  }

  /** The store's answers, in the order of the wants. Times in ms since the epoch. */
  answered(wants: readonly Want[], answers: readonly TokenAnswer[], askedAt: number, nowMs: number): void {
    for (const [i, want] of wants.entries()) {
      this.noteAnswer(want, answers[i], nowMs);
      const answer = answers[i];
      if (answer) this.take(want.line, answer, Math.min(nowMs + TOKENS_KEPT_MS, askedAt + USED_BY_MS), nowMs);
    }
    this.sweep(nowMs);
  }

  spend(used: ReadonlyMap<string, number>): void {
    for (const [line, count] of used) {
      const kept = this.kept.get(line);
      if (kept) kept.count = Math.max(0, kept.count - count);
    }
  }

  /** All of it is gone: somebody else decides now. */
  empty(): void {
    this.kept.clear();
    this.refused.clear();
  }

  /** As it is at `nowMs`. */
  at(nowMs: number): BudgetGrants {
    return {
      tokens: (line) => this.tokens(line, nowMs),
      isAsked: (name) => this.asked.has(name),
      refusedUntil: (line, rank) => this.refusedUntil(line, rank, nowMs),
    };
  }

  private noteAnswer({ line, budgets, rank }: Want, answer: TokenAnswer | undefined, nowMs: number): void {
    for (const name of [line, ...budgets.map(({ key }) => key)]) {
      this.asked.delete(name);
      this.refused.delete(name);
    }
    const { retryAfterMs, waitsFor } = answer ?? { retryAfterMs: UNANSWERED_MS };
    if (retryAfterMs <= 0) return;
    const until = nowMs + retryAfterMs;
    this.refused.set(waitsFor ?? line, waitsFor === undefined ? { until } : { until, rank: rankText(rank) });
  }

  private refusedUntil({ name, budgets }: TokenLineName, rank: WantRank | undefined, nowMs: number): number {
    let last = this.untilOf(name, rank, nowMs);
    for (const { key } of budgets) if (key !== name) last = Math.max(last, this.untilOf(key, rank, nowMs));
    return last;
  }

  private untilOf(name: string, rank: WantRank | undefined, nowMs: number): number {
    const refusal = this.refused.get(name);
    if (!refusal || refusal.until <= nowMs) return 0;
    return rank && refusal.rank !== undefined && rankText(rank) < refusal.rank ? 0 : refusal.until;
  }

  private tokens(line: string, nowMs: number): TokensInHand | undefined {
    const kept = this.kept.get(line);
    return kept && kept.until > nowMs ? kept : undefined;
  }

  /** What is left of an earlier grant keeps the earlier end. */
  private take(line: string, { granted, left }: TokenAnswer, until: number, nowMs: number): void {
    if (granted === 0) return;
    const known = this.kept.get(line);
    const kept = known && known.until > nowMs && known.count > 0 ? known : undefined;
    const soonest = kept ? Math.min(until, kept.until) : until;
    this.kept.set(line, { count: granted + (kept?.count ?? 0), left, until: soonest });
  }

  private sweep(nowMs: number): void {
    if (this.refused.size + this.kept.size < this.sweepAt) return;
    for (const [name, { until }] of this.refused) if (until <= nowMs) this.refused.delete(name);
    for (const [line, { until }] of this.kept) if (until <= nowMs) this.kept.delete(line);
    this.sweepAt = Math.max(ANSWERS_KEPT, 2 * (this.refused.size + this.kept.size));
  }
}
