/**
 * Lines whose mail waits for tokens. What their lanes want is counted once, however many paths they could take, so that
 * no token is asked for that nobody would use; and of lines that share a budget the one with the best mail asks first, the
 * others when that is answered.
 */
import type { Agenda } from './agenda.ts';
import { budgetTerms } from './budget.ts';
import type { Draft } from './draft.ts';
import type { Grants } from './grants.ts';
import { withdrawNode } from './heap.ts';
import type { LineTokens } from './path-tokens.ts';
import type { Gate, TokenLine } from './token-lines.ts';

/** Lanes of a line that are looked at for what they want. */
const LANES_COUNTED = 64;

/** Lines that were answered, or whose time has come, are looked at; so are others that the lanes could take. */
export function readAnswers(agenda: Agenda, { budgets }: Grants, nowMs: number): void {
  let answered = false;
  for (const line of agenda.wanting) {
    if (budgets.isAsked(line.name)) continue;
    forgetWant(agenda, line);
    answered = true;
  }
  if (answered) {
    for (const line of agenda.awaiting) agenda.freeLine(line);
    agenda.awaiting.clear();
  }
  for (let node = agenda.refused.peek(); node && node.key <= nowMs; node = agenda.refused.peek()) {
    withdrawNode(node);
    agenda.freeLine(node.item);
  }
}

function forgetWant(agenda: Agenda, line: TokenLine): void {
  agenda.wanting.delete(line);
  agenda.freeLine(line);
  for (const { lane, count } of line.wants) {
    lane.wanted = Math.max(0, lane.wanted - count);
    for (const { gate } of lane.seats) agenda.freeLine(gate.line);
  }
  line.wants = [];
  if (line.seats === 0) agenda.deserted.add(line);
}

/** The line has credit and no token: asks for as many as its lanes have use for, or waits until it may. */
export function wantTokens(draft: Draft, tokens: LineTokens, credit: number): void {
  const { agenda } = draft.state;
  const { line } = tokens;
  const best = line.best?.rank;
  if (!best || agenda.wanting.has(line)) return;
  if (tokens.isAsked || line.budgets.some(({ key }) => draft.wantedKeys.has(key))) {
    agenda.awaiting.add(line);
    return;
  }
  const refusedUntil = tokens.refusedUntil(best);
  if (refusedUntil > draft.nowMs) {
    agenda.refused.push(line.refusedNode, refusedUntil);
    return;
  }
  const most = Math.min(...line.budgets.map((budget) => budgetTerms(budget).block));
  const count = countWanted(agenda, line, most, credit, draft.nowMs);
  if (count === 0) return;
  agenda.wanting.add(line);
  draft.want({ line: line.name, budgets: line.budgets, count, rank: best });
}

/** The best gate has `credit`; what the others have shows when the tokens are there. */
function countWanted(agenda: Agenda, line: TokenLine, most: number, credit: number, nowMs: number): number {
  let count = 0;
  let counted = 0;
  for (const { item: gate } of line.gates.some(LANES_COUNTED)) {
    if (count >= most || counted >= LANES_COUNTED) break;
    const room = gate === line.gates.peek()?.item ? credit : most;
    const found = countAtGate(agenda, gate, Math.min(room, most - count), LANES_COUNTED - counted, nowMs);
    count += found.count;
    counted += found.lanes;
  }
  return count;
}

function countAtGate(agenda: Agenda, { seats, line }: Gate, most: number, mostLanes: number, nowMs: number) {
  let count = 0;
  let lanes = 0;
  for (const { item } of seats.some(mostLanes)) {
    if (count >= most || lanes >= mostLanes) break;
    lanes += 1;
    const { lane } = item;
    const due = lane.countDue(nowMs, lane.wanted + most - count, line.passing);
    // What it waited with has ended meanwhile: the rest waits for its time, not for a token.
    if (due === 0) agenda.wake(lane);
    const wanted = Math.min(due - lane.wanted, most - count);
    if (wanted <= 0) continue;
    lane.wanted += wanted;
    line.wants.push({ lane, count: wanted });
    count += wanted;
  }
  return { count, lanes };
}

/** Nobody waits in these lines any more: places in queues where nobody of ours waits are free for others. */
export function leaveDeserted(draft: Draft): void {
  const { agenda } = draft.state;
  if (agenda.deserted.size === 0) return;
  for (const line of agenda.deserted) {
    if (line.seats > 0) continue;
    withdrawNode(line.refusedNode);
    if (draft.grants.budgets.refusedUntil(line) === 0) continue;
    for (const { key } of line.budgets) if (!agenda.isWaitedFor(key)) draft.leaves.push(key);
  }
  agenda.deserted.clear();
}
