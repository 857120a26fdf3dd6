import { checkQuotaRequest, type QuotaAnswer, type QuotaRequest, type QuotaStore } from '@penstock/ports';
import {
  askBudgets,
  type BudgetState,
  type BudgetTerms,
  budgetTerms,
  newBudgetState,
  rankText,
} from '@penstock/scheduling';

/** Budgets by key, apart from any connection to them. */
export class MemoryQuotaData {
  readonly budgets = new Map<string, BudgetState>();
}

/** Grants for one process, or for all processes of a simulation that share the data. */
export class MemoryQuotaStore implements QuotaStore {
  /** `nowMs` is the store's own clock; one that only moves forward is best, one that jumps costs a burst at most. */
  constructor(
    private readonly nowMs: () => number,
    readonly data = new MemoryQuotaData(),
  ) {}

  async ask(requests: readonly QuotaRequest[]): Promise<readonly QuotaAnswer[]> {
    for (const request of requests) checkQuotaRequest(request);
    // Throws where a limit cannot be kept, before anything is taken.
    const terms = requests.map(({ budgets }) => budgets.map(budgetTerms));
    const nowUs = Math.floor(this.nowMs() * 1000);
    return requests.map((request, i) => this.answer(request, terms[i] ?? [], nowUs));
  }

  async leave(asker: string, keys: readonly string[]): Promise<void> {
    for (const key of keys) this.data.budgets.get(key)?.waiters.delete(asker);
  }

  private answer(request: QuotaRequest, terms: readonly BudgetTerms[], nowUs: number): QuotaAnswer {
    const { asker, budgets, wanted, rank } = request;
    const parts = terms.map((each, i) => ({ state: this.state(budgets[i]?.key ?? ''), terms: each }));
    const reply = askBudgets(parts, { asker, wanted, rank: rankText(rank) }, nowUs);
    const { granted, retryAfterMs } = reply;
    const left = budgets.map(({ key }, i) => ({ key, left: reply.left[i] ?? 0 }));
    const waitsFor = reply.waitsFor === undefined ? undefined : budgets[reply.waitsFor]?.key;
    return waitsFor === undefined ? { granted, retryAfterMs, left } : { granted, retryAfterMs, waitsFor, left };
  }

  private state(key: string): BudgetState {
    let state = this.data.budgets.get(key);
    if (!state) {
      state = newBudgetState();
      this.data.budgets.set(key, state);
    }
    return state;
  }
}
