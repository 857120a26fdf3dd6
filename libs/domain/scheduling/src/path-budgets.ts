/** The budgets that a release takes a token of each of. */

import type { TrafficClass } from '@penstock/events';
import { type LimitPolicy, messageBudget, type Policy, type Shaping } from '@penstock/policy';
import { type BudgetLimit, longestGrantToRcptMs } from './budget.ts';
import type { Warmup } from './warmups.ts';

/** A limit and the name it is counted under. */
export interface NamedBudget extends BudgetLimit {
  readonly key: string;
}

/** What a release is, as far as budgets go. */
export interface Charge {
  readonly path: string;
  readonly source: string;
  readonly provider: string | undefined;
  readonly pool: string;
  readonly class: TrafficClass;
}

const NONE: readonly NamedBudget[] = [];
const HOUR_MS = 3_600_000;
const PERIODS: Readonly<Record<number, string>> = { [HOUR_MS]: 'hour', 86400000: 'day' };

/**
 * The budgets of a first attempt: the receiver's limit on messages, where the policy states one over more than a minute;
 * named limits over sources or over everything; and the day of the source's warm-up, over all receivers and by provider.
 */
export function pathBudgets(
  charge: Charge,
  shaping: Shaping,
  policy: Pick<Policy, 'dispatch' | 'limits'>,
  warmup?: Warmup,
): readonly NamedBudget[] {
  const rate = messageBudget(shaping);
  if (!rate && !warmup && policy.limits.length === 0) return NONE;
  const grantToRcptMs = longestGrantToRcptMs(policy.dispatch);
  const budgets: NamedBudget[] = [];
  const add = (key: string, limit: number, periodMs: number, burst = 1) => {
    const budget = { key, limit, periodMs, grantToRcptMs };
    // The policy's 1 is what holds where no burst is named; a budget's is then what it gives at a time.
    budgets.push(burst > 1 ? { ...budget, burst } : budget);
  };
  if (rate) add(`${charge.path}|${periodName(rate.periodMs)}`, rate.count, rate.periodMs, rate.burst);
  for (const limit of policy.limits) {
    if (!countsIn(limit, charge)) continue;
    const owner = limit.per === 'source' ? `|${charge.source}` : '';
    add(`limit|${limit.name}${owner}`, limit.rate.count, limit.rate.periodMs, limit.rate.burst);
  }
  if (warmup) for (const [key, limit] of warmupLimits(warmup, charge.provider)) add(key, limit, HOUR_MS);
  return budgets;
}

/** Retries of a source in warm-up leave most of its hour to mail that was never tried. */
export function retryBudgets(
  firsts: readonly NamedBudget[],
  policy: Pick<Policy, 'dispatch' | 'warmups'>,
  warmup: Warmup | undefined,
): readonly NamedBudget[] {
  if (!warmup) return firsts;
  const share = policy.warmups.get(warmup.schedule)?.retryShare ?? RETRY_SHARE;
  const limit = Math.max(1, Math.floor(share * warmup.stage.hourlyLimit));
  const grantToRcptMs = longestGrantToRcptMs(policy.dispatch);
  return [...firsts, { key: `warm-up|${warmup.source}|retries`, limit, periodMs: HOUR_MS, grantToRcptMs }];
}

/** Where the schedule is no longer in the policy. */
const RETRY_SHARE = 0.2;

function warmupLimits({ source, stage }: Warmup, provider: string | undefined): readonly (readonly [string, number])[] {
  const whole = [`warm-up|${source}`, stage.hourlyLimit] as const;
  const own = provider === undefined ? undefined : stage.providerLimits?.[provider];
  return own === undefined ? [whole] : [whole, [`warm-up|${source}|provider:${provider}`, own]];
}

/** Limits counted for each tenant, mailbox or sending domain are no limits of a path. */
function countsIn(limit: LimitPolicy, { source, provider, pool, class: trafficClass }: Charge): boolean {
  if (limit.per !== 'all' && limit.per !== 'source') return false;
  if (limit.tenants !== undefined) return false;
  return (
    (limit.sources?.includes(source) ?? true) &&
    (limit.pools?.includes(pool) ?? true) &&
    (limit.classes?.includes(trafficClass) ?? true) &&
    (limit.providers === undefined || (provider !== undefined && limit.providers.includes(provider)))
  );
}

function periodName(periodMs: number): string {
  return PERIODS[periodMs] ?? `${periodMs / 1000}s`;
}
