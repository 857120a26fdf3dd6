/**
 * Where lanes wait for tokens. A line is a set of budgets that a release needs a token of each of: those of one path, or
 * one that many paths share, as all the mail of a source in warm-up does. Within a line the best mail comes first,
 * whichever path it takes, so that the store is asked for all of them at once and a token goes to the best of all.
 *
 * A lane has a seat at the gate of each path that it could take; the line knows the gates whose path has credit.
 */
import type { TrafficClass } from '@penstock/events';
import type { WantRank } from './grants.ts';
import { Heap, type HeapNode, heapNode, withdrawNode } from './heap.ts';
import type { Lane } from './lane.ts';
import type { NamedBudget } from './path-budgets.ts';
import type { PathLoad } from './path-load.ts';

/** Which of a lane's deliveries pass: first attempts, retries, or all. */
export type Passing = 'first' | 'retry' | 'any';

export function passes(passing: Passing, kind: 'first' | 'retry'): boolean {
  return passing === 'any' || passing === kind;
}

/** A lane at a gate. */
export class Seat {
  readonly node: HeapNode<Seat>;

  constructor(
    readonly lane: Lane,
    readonly gate: Gate,
    readonly rank: WantRank,
  ) {
    this.node = heapNode<Seat>(this, lane.timeNode.order);
  }
}

export class Gate {
  readonly seats = new Heap<Seat>();
  /** Its place among the line's gates whose path may have credit. */
  readonly node: HeapNode<Gate>;

  constructor(
    readonly load: PathLoad,
    readonly line: TokenLine,
    order: number,
  ) {
    this.node = heapNode<Gate>(this, order);
  }

  get best(): Seat | undefined {
    return this.seats.peek()?.item;
  }
}

export class TokenLine {
  /** Gates whose path may have credit, best lane first. */
  readonly gates = new Heap<Gate>();
  /** Lanes that wait, counted once for each of their paths. */
  seats = 0;
  /** Tokens asked for, and for whom. */
  wants: { readonly lane: Lane; readonly count: number }[] = [];
  /** Its time among lines that were refused tokens. */
  readonly refusedNode: HeapNode<TokenLine>;
  /** Its place among lines that are to be looked at. */
  readonly freedNode: HeapNode<TokenLine>;

  constructor(
    readonly name: string,
    public budgets: readonly NamedBudget[],
    readonly passing: Passing,
    order: number,
  ) {
    this.refusedNode = heapNode<TokenLine>(this, order);
    this.freedNode = heapNode<TokenLine>(this, order);
  }

  get best(): Seat | undefined {
    return this.gates.peek()?.item.best;
  }
}

/** The same set of budgets has the same name, in whatever order. */
export function lineName(budgets: readonly NamedBudget[]): string {
  const [only] = budgets;
  if (only && budgets.length === 1) return only.key;
  return budgets
    .map(({ key }) => key)
    .sort()
    .join(' ');
}

const LEVELS = 127;
/** Times in ms stay below this until the year 2109. */
const TIMES = 2 ** 42;

/** Best first, as a number: class, engagement, age. */
export function rankKey(rank: { readonly class: TrafficClass; readonly engagement: number; readonly since: number }) {
  const engagement = Math.min(1, Math.max(0, rank.engagement || 0));
  const unengaged = Math.round((1 - engagement) * LEVELS);
  const since = Math.min(TIMES - 1, Math.max(0, Math.floor(rank.since || 0)));
  return ((rank.class === 'transactional' ? 0 : LEVELS + 1) + unengaged) * TIMES + since;
}

/** Puts the lane at the line's gate on a path; answers its seat. */
export function takeSeat(load: PathLoad, line: TokenLine, lane: Lane, rank: WantRank): Seat {
  let gate = load.gates.get(line);
  if (!gate) {
    gate = new Gate(load, line, load.order);
    load.gates.set(line, gate);
  }
  const seat = new Seat(lane, gate, rank);
  gate.seats.push(seat.node, rankKey(rank));
  line.seats += 1;
  rekey(gate);
  return seat;
}

/** Answers whether the line has nobody left. */
export function leaveSeat({ gate, node }: Seat): boolean {
  const { line, load } = gate;
  withdrawNode(node);
  line.seats -= 1;
  if (gate.seats.size === 0) {
    load.gates.delete(line);
    withdrawNode(gate.node);
  } else if (gate.node.heap) {
    rekey(gate);
  }
  return line.seats === 0;
}

/** The path may have credit: the line may look at it again. */
export function rekey(gate: Gate): void {
  const key = gate.seats.peek()?.key;
  if (key !== undefined && !(gate.node.heap && gate.node.key === key)) gate.line.gates.push(gate.node, key);
}
