/**
 * Tokens between the answer of the store and their use. They are spent when a proposal that uses them is about to be
 * appended, whatever becomes of it: a release that may stand in the log is never paid for with a token that is used
 * again. What is not used lapses.
 */
import { GRANT_LAPSES_AFTER_MS } from './budget.ts';
import type { BudgetGrants, TokensInHand, Want } from './grants.ts';

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
  readonly left: readonly { readonly key: string; readonly left: number }[];
}

interface KeptTokens {
  count: number;
  left: number;
  /** ms since the epoch */
  until: number;
}

export class TokenPurse {
  private readonly kept = new Map<string, KeptTokens>();
  private readonly asked = new Set<string>();
  private readonly refused = new Map<string, number>();
  private sweepAt = ANSWERS_KEPT;

  /** The store is being asked. */
  get waits(): boolean {
    return this.asked.size > 0;
  }

  ask(wants: readonly Want[]): void {
    for (const { path } of wants) this.asked.add(path);
  }

  /** The store's answers, in the order of the wants. Times in ms since the epoch. */
  answered(wants: readonly Want[], answers: readonly TokenAnswer[], askedAt: number, nowMs: number): void {
    for (const [i, { path }] of wants.entries()) {
      this.asked.delete(path);
      const answer = answers[i];
      const retryAfterMs = answer ? answer.retryAfterMs : UNANSWERED_MS;
      if (retryAfterMs > 0) this.refused.set(path, nowMs + retryAfterMs);
      else this.refused.delete(path);
      if (answer) this.take(answer, Math.min(nowMs + TOKENS_KEPT_MS, askedAt + USED_BY_MS), nowMs);
    }
    this.sweep(nowMs);
  }

  spend(used: ReadonlyMap<string, number>): void {
    for (const [key, count] of used) {
      const kept = this.kept.get(key);
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
      tokens: (key) => this.tokens(key, nowMs),
      isAsked: (path) => this.asked.has(path),
      refusedUntil: (path) => {
        const until = this.refused.get(path) ?? 0;
        return until > nowMs ? until : 0;
      },
    };
  }

  private tokens(key: string, nowMs: number): TokensInHand | undefined {
    const kept = this.kept.get(key);
    return kept && kept.until > nowMs ? kept : undefined;
  }

  /** What is left of an earlier grant keeps the earlier end. */
  private take({ granted, left }: TokenAnswer, until: number, nowMs: number): void {
    if (granted === 0) return;
    for (const { key, left: inStore } of left) {
      const kept = this.tokens(key, nowMs);
      const soonest = kept && kept.count > 0 ? Math.min(until, this.kept.get(key)?.until ?? until) : until;
      this.kept.set(key, { count: granted + (kept?.count ?? 0), left: inStore, until: soonest });
    }
  }

  private sweep(nowMs: number): void {
    if (this.refused.size + this.kept.size < this.sweepAt) return;
    for (const [path, until] of this.refused) if (until <= nowMs) this.refused.delete(path);
    for (const [key, { until }] of this.kept) if (until <= nowMs) this.kept.delete(key);
    this.sweepAt = Math.max(ANSWERS_KEPT, 2 * (this.refused.size + this.kept.size));
  }
}
