import type { Budget, QuotaAnswer, QuotaRequest } from '@penstock/ports';
import {
  askBudgets,
  type BudgetPart,
  type BudgetState,
  budgetTerms,
  newBudgetState,
  rankText,
} from '@penstock/scheduling';

/** Partitions a process owns, of all there are. */
export interface PartitionShare {
  readonly owned: number;
  readonly all: number;
}

/** What a process that cannot ask takes of its share; the rest makes up for what others still have in flight. */
const CAUTION = 0.5;

interface KeptBudget {
  readonly limit: number;
  readonly state: BudgetState;
}

/**
 * Grants limit × owned ÷ all × ½ of each budget, rounded down so that all processes together stay below half. Each
 * begins empty: the store has granted until a moment ago. A share below 1 gives nothing.
 */
export class ShareOfBudgets {
  private readonly kept = new Map<string, KeptBudget>();

  /** `nowMs` is monotonic. */
  ask({ asker, budgets, wanted, rank }: QuotaRequest, share: PartitionShare, nowMs: number): QuotaAnswer | undefined {
    const nowUs = Math.floor(nowMs * 1000);
    const parts: BudgetPart[] = [];
    for (const budget of budgets) {
      const limit = shareOf(budget.limit, share);
      if (limit === 0) return undefined;
      parts.push(this.part(budget, limit, nowUs));
    }
    const { granted, retryAfterMs, left } = askBudgets(parts, { asker, wanted, rank: rankText(rank) }, nowUs);
    return { granted, retryAfterMs, left: budgets.map(({ key }, i) => ({ key, left: left[i] ?? 0 })) };
  }

  leave(asker: string, keys: readonly string[]): void {
    for (const key of keys) this.kept.get(key)?.state.waiters.delete(asker);
  }

  private part(budget: Budget, limit: number, nowUs: number): BudgetPart {
    const { key, periodMs, grantToRcptMs } = budget;
    const terms = budgetTerms({ limit, periodMs, grantToRcptMs });
    let kept = this.kept.get(key);
    if (kept?.limit !== limit) {
      kept = { limit, state: newBudgetState() };
      kept.state.fullAtUs = nowUs + terms.burst * terms.intervalUs;
      this.kept.set(key, kept);
    }
    return { state: kept.state, terms };
  }
}

function shareOf(limit: number, { owned, all }: PartitionShare): number {
  return all > 0 ? Math.floor(((limit * Math.min(owned, all)) / all) * CAUTION) : 0;
}
