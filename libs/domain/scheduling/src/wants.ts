/**
 * Paths whose mail waits for tokens. Its lanes are parked on the path as those that wait for credit are; what they want
 * is counted once, however many paths they could take, so that no token is asked for that nobody would use.
 */
import type { Agenda } from './agenda.ts';
import { budgetTerms } from './budget.ts';
import type { Draft } from './draft.ts';
import type { Grants, WantRank } from './grants.ts';
import { withdrawNode } from './heap.ts';
import type { Lane } from './lane.ts';
import type { PathLoad } from './path-load.ts';
import type { PathTokens } from './path-tokens.ts';

/** Lanes of a path that are looked at for its best delivery; those that were there first. */
const LANES_COMPARED = 64;

/** Paths that were answered, or whose time has come, are looked at; so are others that the lanes could take. */
export function readAnswers(agenda: Agenda, { budgets }: Grants, nowMs: number): void {
  for (const load of agenda.wanting) if (!budgets.isAsked(load.path)) forgetWant(agenda, load);
  for (let node = agenda.refused.peek(); node && node.key <= nowMs; node = agenda.refused.peek()) {
    withdrawNode(node);
    agenda.free(node.item);
  }
}

function forgetWant(agenda: Agenda, load: PathLoad): void {
  agenda.wanting.delete(load);
  agenda.free(load);
  for (const { lane, count } of load.wants) {
    lane.wanted = Math.max(0, lane.wanted - count);
    for (const other of lane.parkedOn) agenda.free(other);
  }
  load.wants = [];
  if (load.parked.size === 0) agenda.deserted.add(load);
}

/** The path has credit and no token: asks for as many as its lanes have use for, or waits until it may. */
export function wantTokens(draft: Draft, load: PathLoad, tokens: PathTokens, credit: number): void {
  const { agenda } = draft.state;
  if (agenda.wanting.has(load) || tokens.isAsked) return;
  const { refusedUntil } = tokens;
  if (refusedUntil > draft.nowMs) {
    agenda.refused.push(load.refusedNode, refusedUntil);
    return;
  }
  const most = Math.min(credit, ...tokens.budgets.map((budget) => budgetTerms(budget).block));
  const { count, rank } = countWanted(agenda, load, most, draft.nowMs);
  if (!rank) return;
  agenda.wanting.add(load);
  draft.wants.push({ path: load.path, budgets: tokens.budgets, count, rank });
}

function countWanted(agenda: Agenda, load: PathLoad, most: number, nowMs: number) {
  let count = 0;
  let rank: WantRank | undefined;
  let compared = 0;
  for (const lane of load.parked) {
    if (count >= most || compared >= LANES_COMPARED) break;
    const due = lane.countDue(nowMs, lane.wanted + most - count);
    // What it waited with has ended meanwhile: the rest waits for its time, not for a token.
    if (due === 0) agenda.wake(lane);
    else compared += 1;
    const wanted = Math.min(due - lane.wanted, most - count);
    if (wanted <= 0) continue;
    lane.wanted += wanted;
    load.wants.push({ lane, count: wanted });
    count += wanted;
    rank = better(rank, rankOf(lane, nowMs));
  }
  return { count, rank };
}

/** Whose turn it is where tokens are scarce: class before age. */
export function bestLane(load: PathLoad, nowMs: number): Lane | undefined {
  let best: Lane | undefined;
  let rank: WantRank | undefined;
  let compared = 0;
  for (const lane of load.parked) {
    if (compared++ >= LANES_COMPARED) break;
    const other = rankOf(lane, nowMs);
    if (best && better(rank, other) === rank) continue;
    best = lane;
    rank = other;
  }
  return best;
}

/** Nobody waits on these paths any more: the places in the queues of their budgets are free for others. */
export function leaveDeserted(draft: Draft, tokensOn: (load: PathLoad) => PathTokens | undefined): void {
  const { agenda } = draft.state;
  if (agenda.deserted.size === 0) return;
  for (const load of agenda.deserted) {
    if (load.parked.size > 0) continue;
    withdrawNode(load.refusedNode);
    if (draft.grants.budgets.refusedUntil(load.path) === 0) continue;
    for (const { key } of tokensOn(load)?.budgets ?? []) draft.leaves.push(key);
  }
  agenda.deserted.clear();
}

function rankOf(lane: Lane, nowMs: number): WantRank {
  const since = lane.nextAt(nowMs, true)?.heldSince ?? nowMs;
  return { class: lane.key.class, engagement: 0, since };
}

function better(a: WantRank | undefined, b: WantRank): WantRank {
  if (!a) return b;
  if (a.class !== b.class) return a.class === 'transactional' ? a : b;
  return a.since <= b.since ? a : b;
}
