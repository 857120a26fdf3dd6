/** The budgets that a release on a path takes a token from. */
import { type DispatchPolicy, messageBudget, type Shaping } from '@penstock/policy';
import { type BudgetLimit, longestGrantToRcptMs } from './budget.ts';

/** A limit and the name it is counted under. */
export interface NamedBudget extends BudgetLimit {
  readonly key: string;
}

const NONE: readonly NamedBudget[] = [];
const PERIODS: Readonly<Record<number, string>> = { 3600000: 'hour', 86400000: 'day' };

/**
 * All of a path's budgets; a release takes one token of each. Today that is the receiver's limit on messages, where the
 * policy states one over more than a minute; warm-up, tenants and named limits over several sources join the list here.
 */
export function pathBudgets(path: string, shaping: Shaping, dispatch: DispatchPolicy): readonly NamedBudget[] {
  const rate = messageBudget(shaping);
  if (!rate) return NONE;
  const { count, periodMs, burst } = rate;
  const key = `${path}|${PERIODS[periodMs] ?? `${periodMs / 1000}s`}`;
  const limit = { key, limit: count, periodMs, grantToRcptMs: longestGrantToRcptMs(dispatch) };
  // The policy's 1 is what holds where no burst is named; a budget's is then what it gives at a time.
  return [burst > 1 ? { ...limit, burst } : limit];
}
