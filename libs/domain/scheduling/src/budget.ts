/**
 * Budgets: limits over more than a minute, as the receiver counts them. Pure arithmetic in whole microseconds, so that
 * every store computes the same numbers. The times given to it are the store's own.
 */
import type { TrafficClass } from '@penstock/events';

/** A grant not used for a release this long after it was asked lapses. */
export const GRANT_LAPSES_AFTER_MS = 5_000;

/** How long a token waits for the asker whose turn it is; after that its place in the queue is gone. */
export const TURN_LASTS_MS = 1_000;

export interface BudgetLimit {
  readonly limit: number;
  readonly periodMs: number;
  readonly grantToRcptMs: number;
  readonly burst?: number;
}

/** A limit, made ready for the bucket. */
export interface BudgetTerms {
  /** Between two tokens. */
  readonly intervalUs: number;
  /** Tokens the bucket holds. */
  readonly burst: number;
  /** Tokens given at a time. */
  readonly block: number;
}

/**
 * What passes the receiver in one period was granted within a period and the longest time from grant to `RCPT`. In a
 * window of W a bucket gives at most ⌈W ÷ interval⌉ + burst − 1 tokens; with the interval below that is the limit. With
 * a burst of 1 it is W ÷ limit; what a larger burst gives at once it costs in rate.
 */
export function budgetTerms({ limit, periodMs, grantToRcptMs, burst }: BudgetLimit): BudgetTerms {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('a budget needs a whole limit of 1 or more');
  if (!(periodMs > 0) || !(grantToRcptMs >= 0)) throw new RangeError('a budget needs a period, and no time before it');
  const windowMs = periodMs + grantToRcptMs;
  const second = Math.max(1, Math.floor((limit * 1000) / windowMs));
  const most = Math.min(limit, Math.max(1, Math.floor(burst ?? second)));
  return {
    intervalUs: Math.ceil((windowMs * 1000) / (limit - most + 1)),
    burst: most,
    block: Math.min(most, second),
  };
}

/** From `ask` to the last moment at which a granted delivery may be at `RCPT`. */
export function longestGrantToRcptMs(dispatch: { readonly startWithinMs: number; readonly attemptMaxMs: number }) {
  return GRANT_LAPSES_AFTER_MS + dispatch.startWithinMs + dispatch.attemptMaxMs;
}

/** Sorts as text, best first: class, engagement, age. */
export function rankText(rank: { readonly class: TrafficClass; readonly engagement: number; readonly since: number }) {
  const engagement = Math.min(1, Math.max(0, rank.engagement || 0));
  const unengaged = Math.round((1 - engagement) * 9_999);
  const since = Math.min(MOST_SINCE, Math.max(0, Math.floor(rank.since || 0)));
  return `${rank.class === 'transactional' ? 0 : 1}${digits(unengaged, 4)}${digits(since, 15)}`;
}

const MOST_SINCE = 999_999_999_999_999;

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}

/** An asker that was refused and stands in the queue. */
interface Waiter {
  readonly rank: string;
  readonly wanted: number;
  /** Its place is gone at this moment. */
  readonly untilUs: number;
}

/** What is remembered of one budget. A new one is full: a store that forgot all costs a burst. */
export interface BudgetState {
  /** When the bucket will be full, GCRA's theoretical arrival time. */
  fullAtUs: number;
  readonly waiters: Map<string, Waiter>;
}

export function newBudgetState(): BudgetState {
  return { fullAtUs: 0, waiters: new Map() };
}

export interface BudgetPart {
  readonly state: BudgetState;
  readonly terms: BudgetTerms;
}

export interface BudgetAsk {
  readonly asker: string;
  /** As `rankText` writes it. */
  readonly rank: string;
  readonly wanted: number;
}

export interface BudgetReply {
  readonly granted: number;
  readonly retryAfterMs: number;
  /** Index of the budget in whose queue the asker stands. */
  readonly waitsFor?: number;
  readonly left: readonly number[];
}

/** Takes from all of the budgets or from none, and moves the asker in their queues accordingly. */
export function askBudgets(parts: readonly BudgetPart[], ask: BudgetAsk, nowUs: number): BudgetReply {
  for (const part of parts) settle(part, nowUs);
  const free = parts.map((part) => Math.min(part.terms.block, tokens(part, nowUs) - tokensAhead(part, ask, nowUs)));
  const granted = Math.max(0, Math.min(ask.wanted, ...free));
  for (const { state, terms } of parts) {
    state.fullAtUs += granted * terms.intervalUs;
    state.waiters.delete(ask.asker);
  }
  const left = parts.map((part) => tokens(part, nowUs));
  if (granted === ask.wanted) return { granted, retryAfterMs: 0, left };
  const waits = parts.map((part) => turnUs(part, ask, nowUs));
  const longestUs = Math.max(...waits);
  const retryAfterMs = Math.ceil(longestUs / 1000);
  if (granted > 0) return { granted, retryAfterMs, left };
  // It waits where it waits longest: elsewhere nobody needs to keep a token for it meanwhile.
  const waitsFor = waits.indexOf(longestUs);
  const untilUs = nowUs + longestUs + TURN_LASTS_MS * 1000;
  parts[waitsFor]?.state.waiters.set(ask.asker, { rank: ask.rank, wanted: ask.wanted, untilUs });
  return { granted, retryAfterMs, waitsFor, left };
}

/**
 * Brings the state to now: nothing is saved up beyond the burst, and places left unused are gone. Where time ran back,
 * the bucket owes at most itself and nobody keeps a place for longer than the queue can last.
 */
function settle({ state, terms: { intervalUs, burst, block } }: BudgetPart, nowUs: number): void {
  state.fullAtUs = Math.min(Math.max(state.fullAtUs, nowUs), nowUs + burst * intervalUs);
  let queued = burst;
  for (const { wanted } of state.waiters.values()) queued += Math.min(wanted, block);
  const lastUs = nowUs + queued * intervalUs + TURN_LASTS_MS * 1000;
  for (const [asker, waiter] of state.waiters) {
    if (waiter.untilUs <= nowUs) state.waiters.delete(asker);
    else if (waiter.untilUs > lastUs) state.waiters.set(asker, { ...waiter, untilUs: lastUs });
  }
}

/**
 * Tokens that belong to askers whose best delivery comes before this one's, equals in the order of their names, and who
 * are told to come by `dueUs`.
 */
function tokensAhead({ state, terms }: BudgetPart, ask: BudgetAsk, dueUs: number): number {
  let ahead = 0;
  for (const [asker, { rank, wanted, untilUs }] of state.waiters) {
    const before = rank < ask.rank || (rank === ask.rank && asker < ask.asker);
    const isDue = untilUs - TURN_LASTS_MS * 1000 <= dueUs;
    if (before && isDue && asker !== ask.asker) ahead += Math.min(wanted, terms.block);
  }
  return ahead;
}

/**
 * Until the first token that is kept for nobody better. Those who were told to come later keep their turn: where one
 * before them had no use for its own, that would else be nobody's, and what a full bucket cannot hold is lost.
 */
function turnUs(part: BudgetPart, ask: BudgetAsk, nowUs: number): number {
  for (let place = 1; ; ) {
    const wait = waitUs(part, place, nowUs);
    const ahead = tokensAhead(part, ask, nowUs + wait);
    if (ahead < place) return wait;
    place = ahead + 1;
  }
}

/** Whole tokens in a settled bucket. */
function tokens({ state, terms }: BudgetPart, nowUs: number): number {
  return Math.floor((nowUs + terms.burst * terms.intervalUs - state.fullAtUs) / terms.intervalUs);
}

function waitUs({ state, terms }: BudgetPart, wanted: number, nowUs: number): number {
  return Math.max(0, state.fullAtUs - nowUs + (wanted - terms.burst) * terms.intervalUs);
}
