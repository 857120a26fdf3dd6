/** A store of budgets at hand, for specs: several partitions may share it, and it can forget everything. */
import type { Fact } from '@penstock/events';
import { askBudgets, type BudgetState, budgetTerms, newBudgetState, rankText } from './budget.ts';
import type { Want } from './grants.ts';
import type { PartitionHistory } from './specification.ts';
import type { TokenAnswer } from './token-purse.ts';

export class BudgetBook {
  /** Every want it was asked for, in order. */
  readonly asked: Want[] = [];
  private states = new Map<string, BudgetState>();

  answer(want: Want, asker: string, nowMs: number): TokenAnswer {
    this.asked.push(want);
    const parts = want.budgets.map((budget) => ({ state: this.state(budget.key), terms: budgetTerms(budget) }));
    const ask = { asker, rank: rankText(want.rank), wanted: want.count };
    const { granted, retryAfterMs, waitsFor, left } = askBudgets(parts, ask, nowMs * 1000);
    const queue = waitsFor === undefined ? undefined : want.budgets[waitsFor]?.key;
    return {
      granted,
      retryAfterMs,
      waitsFor: queue,
      left: want.budgets.map(({ key }, i) => ({ key, left: left[i] ?? 0 })),
    };
  }

  leave(asker: string, keys: readonly string[]): void {
    for (const key of keys) this.states.get(key)?.waiters.delete(asker);
  }

  /** Who stands in the queue of a budget. */
  waiting(key: string): readonly string[] {
    return [...(this.states.get(key)?.waiters.keys() ?? [])];
  }

  flush(): void {
    this.states = new Map();
  }

  private state(key: string): BudgetState {
    let state = this.states.get(key);
    if (!state) {
      state = newBudgetState();
      this.states.set(key, state);
    }
    return state;
  }
}

/**
 * As a scheduler does it: decides, appends what is proposed and asks for what is wanted, until neither is left.
 * `loses` says which proposals die with the scheduler between the grant and the log.
 */
export function runWithBook(
  history: PartitionHistory,
  book: BudgetBook,
  nowMs: number,
  loses: () => boolean = () => false,
): { readonly records: readonly Fact[]; readonly wakeAt: number | undefined } {
  const all: Fact[] = [];
  const asker = `partition-${history.partition}`;
  for (let rounds = 0; rounds < 1000; rounds++) {
    const { records, wants, used, leaves, wakeAt } = history.ask(nowMs);
    history.purse.spend(used);
    const kept = records.length > 0 && loses() ? [] : records;
    history.append(...kept);
    all.push(...kept);
    book.leave(asker, leaves);
    history.purse.ask(wants);
    const answers = wants.map((want) => book.answer(want, asker, nowMs));
    history.purse.answered(wants, answers, nowMs, nowMs);
    if (records.length === 0 && wants.length === 0) return { records: all, wakeAt };
  }
  throw new Error('the scheduler never comes to rest');
}
