/**
 * Whose turn it is: what `decide` remembers between two calls so that it need not look at every lane. Nothing here
 * is part of the fold: it can be thrown away and made again by waking every lane.
 */
import type { ControlState } from './control-state.ts';
import type { Delivery } from './delivery.ts';
import type { WantRank } from './grants.ts';
import { Heap, withdrawNode } from './heap.ts';
import type { Hold, Lane } from './lane.ts';
import type { NamedBudget } from './path-budgets.ts';
import { PathLoad } from './path-load.ts';
import { leaveSeat, type Passing, passes, rankKey, rekey, TokenLine, takeSeat } from './token-lines.ts';

/** Where a lane is to wait for tokens, and how good its mail for it is. */
export interface Place {
  readonly load: PathLoad;
  readonly line: TokenLine;
  readonly rank: WantRank;
}

export class Agenda {
  /** Lanes that wait for a time: a due delivery, the end of a suspension. */
  readonly timed = new Heap<Lane>();
  /** Lanes whose domain's site is not yet known. */
  readonly unresolved = new Set<Lane>();
  /** Lanes that hold due mail. */
  readonly held = new Set<Lane>();
  readonly loads = new Map<string, PathLoad>();
  /** Paths on which credit may have come free while lanes wait for it. */
  private freed: PathLoad[] = [];
  private loadCount = 0;
  private lineCount = 0;
  private ready: Lane[] = [];
  private readyFrom = 0;
  /** What the last decision took out of the indexes. */
  private proposed: Delivery[] = [];
  private proposedLoads: PathLoad[] = [];
  /** No notice is due before this time. */
  nextNoticeAt = Number.POSITIVE_INFINITY;
  /** When notices were last written. */
  noticedAt = 0;
  readonly lines = new Map<string, TokenLine>();
  /** Lines whose tokens were asked for. */
  readonly wanting = new Set<TokenLine>();
  /** Lines that found a budget of theirs being asked for. */
  readonly awaiting = new Set<TokenLine>();
  /** Lines that were refused tokens, by when they may ask again. */
  readonly refused = new Heap<TokenLine>();
  /** Lines that asked for tokens, and that lanes left since. */
  readonly deserted = new Set<TokenLine>();
  /** Lines to be looked at, best first. */
  private readonly freedLines = new Heap<TokenLine>();
  /** How many lines with lanes in them a budget belongs to. */
  private readonly waitedFor = new Map<string, number>();
  /** Held lanes that mail entered since the last decision. */
  private entered = new Set<Lane>();
  /** What the lanes were last decided under: what it says of sources concerns all of them. */
  control: ControlState | undefined;
  /** Counts the batches proposed in this life of the state; part of their ids. Number 0 is the claim's own. */
  sequence = 1;
  /** Where the turns among sources with equal credit stand. */
  rotation = 0;

  /** Mail entered the lane. A blocked lane is not asked again for that, unless the mail is better than what waits. */
  enter(lane: Lane, delivery?: Delivery): void {
    if (lane.hold) this.entered.add(lane);
    if (delivery && lane.place === 'blocked' && lane.seats.length > 0 && isBetter(lane, delivery)) {
      const { heap, key } = lane.timeNode;
      if (!heap || key > delivery.dueAt) this.waitUntil(lane, delivery.dueAt);
    }
    this.touch(lane);
  }

  takeEntered(): Iterable<Lane> {
    if (this.entered.size === 0) return [];
    const { entered } = this;
    this.entered = new Set();
    return entered;
  }

  /** The lane takes a turn at the end, unless it waits for something. */
  touch(lane: Lane): void {
    if (lane.place !== 'idle') return;
    withdrawNode(lane.timeNode);
    lane.place = 'ready';
    this.ready.push(lane);
  }

  /** The lane leaves wherever it waits and takes its turn at the end. */
  wake(lane: Lane): void {
    if (lane.place === 'ready') return;
    this.unblock(lane);
    this.touch(lane);
  }

  nextReady(): Lane | undefined {
    while (this.readyFrom < this.ready.length) {
      const lane = this.ready[this.readyFrom++];
      if (this.readyFrom > 1024 && this.readyFrom * 2 > this.ready.length) this.compactReady();
      if (lane?.place !== 'ready') continue;
      lane.place = 'idle';
      return lane;
    }
    this.compactReady();
    return undefined;
  }

  get hasReady(): boolean {
    return this.readyFrom < this.ready.length;
  }

  /** Not before `at`, ms since the epoch. */
  waitUntil(lane: Lane, at: number): void {
    this.timed.push(lane.timeNode, at);
  }

  /** Until one of the paths has credit, the time has come, or control changes. */
  block(lane: Lane, loads: readonly PathLoad[], places: readonly Place[], hold: Hold, wakeAt?: number): void {
    lane.place = 'blocked';
    for (const load of loads) {
      load.parked.add(lane);
      lane.parkedOn.push(load);
    }
    for (const place of places) this.sit(lane, place);
    const at = Math.min(hold.until ?? Number.POSITIVE_INFINITY, wakeAt ?? Number.POSITIVE_INFINITY);
    if (Number.isFinite(at)) this.waitUntil(lane, at);
    this.setHold(lane, hold);
  }

  unblock(lane: Lane): void {
    for (const load of lane.parkedOn) load.parked.delete(lane);
    lane.parkedOn.length = 0;
    for (const seat of lane.seats) if (leaveSeat(seat)) this.empty(seat.gate.line);
    lane.seats.length = 0;
    this.unresolved.delete(lane);
    withdrawNode(lane.timeNode);
    if (lane.place === 'blocked') lane.place = 'idle';
  }

  setHold(lane: Lane, hold: Hold | undefined): void {
    lane.hold = hold;
    if (hold) this.held.add(lane);
    else this.held.delete(lane);
  }

  /** The lane has no delivery any more. */
  drop(lane: Lane): void {
    this.unblock(lane);
    this.setHold(lane, undefined);
    lane.place = 'idle';
  }

  /** Credit may be free on the path. */
  free(load: PathLoad): void {
    for (const gate of load.gates.values()) {
      rekey(gate);
      this.freeLine(gate.line);
    }
    if (load.freed || load.parked.size === 0) return;
    load.freed = true;
    this.freed.push(load);
  }

  firstFreed(): PathLoad | undefined {
    return this.freed[0];
  }

  /** Nothing more can go on the path, or nobody waits for it. */
  exhausted(load: PathLoad): void {
    load.freed = false;
    this.freed = this.freed.filter((other) => other !== load);
  }

  get hasFreed(): boolean {
    return this.freed.length > 0 || this.freedLines.size > 0;
  }

  /** The line of these budgets. What they allow may have changed since the last time. */
  line(name: string, budgets: readonly NamedBudget[], passing: Passing): TokenLine {
    let line = this.lines.get(name);
    if (line?.passing !== passing) {
      line = new TokenLine(name, budgets, passing, this.lineCount++);
      this.lines.set(name, line);
    }
    line.budgets = budgets;
    return line;
  }

  /** Tokens may be had for the line, or credit on a path of it. */
  freeLine(line: TokenLine): void {
    const key = line.gates.peek()?.key;
    if (key !== undefined) this.freedLines.push(line.freedNode, key);
  }

  /** The line with the best mail among those to be looked at. */
  firstFreedLine(): TokenLine | undefined {
    return this.freedLines.peek()?.item;
  }

  exhaustedLine(line: TokenLine): void {
    withdrawNode(line.freedNode);
  }

  /** Whether any lane waits for the budget. */
  isWaitedFor(key: string): boolean {
    return (this.waitedFor.get(key) ?? 0) > 0;
  }

  load(path: string): PathLoad {
    let load = this.loads.get(path);
    if (!load) {
      load = new PathLoad(path, this.loadCount++);
      this.loads.set(path, load);
    }
    return load;
  }

  propose(delivery: Delivery, load?: PathLoad): void {
    this.proposed.push(delivery);
    if (!load) return;
    if (load.proposed === 0) this.proposedLoads.push(load);
    load.proposed += 1;
  }

  /** What was proposed before: the caller puts back what the fold does not show. */
  takeProposed(): readonly Delivery[] {
    for (const load of this.proposedLoads) {
      load.proposed = 0;
      this.free(load);
    }
    this.proposedLoads = [];
    const { proposed } = this;
    this.proposed = [];
    return proposed;
  }

  /** Forgets paths on which nothing happened lately. */
  sweep(nowMs: number): void {
    for (const [path, load] of this.loads) {
      if (load.idle && !load.freed && load.closed.isEmptyAt(nowMs)) this.loads.delete(path);
    }
    for (const [name, line] of this.lines) {
      if (line.seats === 0 && !this.wanting.has(line) && !line.refusedNode.heap) this.lines.delete(name);
    }
  }

  private sit(lane: Lane, { load, line, rank }: Place): void {
    lane.seats.push(takeSeat(load, line, lane, rank));
    if (line.seats > 1) return;
    for (const { key } of line.budgets) this.waitedFor.set(key, (this.waitedFor.get(key) ?? 0) + 1);
  }

  private empty(line: TokenLine): void {
    for (const { key } of line.budgets) {
      const left = (this.waitedFor.get(key) ?? 0) - 1;
      if (left > 0) this.waitedFor.set(key, left);
      else this.waitedFor.delete(key);
    }
    withdrawNode(line.freedNode);
    this.awaiting.delete(line);
    if (line.refusedNode.heap) this.deserted.add(line);
  }

  private compactReady(): void {
    this.ready = this.ready.slice(this.readyFrom);
    this.readyFrom = 0;
  }
}

/** Whether nothing of the lane that waits for tokens is as good as the delivery, which may then have to wait for others. */
function isBetter(lane: Lane, { life, accepted, heldSince }: Delivery): boolean {
  const kind = life.attempts === 0 ? 'first' : 'retry';
  const key = rankKey({ class: accepted.class, engagement: 0, since: heldSince });
  return !lane.seats.some(({ gate, rank }) => passes(gate.line.passing, kind) && rankKey(rank) <= key);
}
