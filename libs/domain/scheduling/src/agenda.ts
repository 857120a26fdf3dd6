/**
 * Whose turn it is: what `decide` remembers between two calls so that it need not look at every lane. Nothing here
 * is part of the fold: it can be thrown away and made again by waking every lane.
 */
import type { ControlState } from './control-state.ts';
import type { Delivery } from './delivery.ts';
import { Heap, withdrawNode } from './heap.ts';
import type { Hold, Lane } from './lane.ts';
import { PathLoad } from './path-load.ts';

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
  private ready: Lane[] = [];
  private readyFrom = 0;
  /** What the last decision took out of the indexes. */
  private proposed: Delivery[] = [];
  private proposedLoads: PathLoad[] = [];
  /** No notice is due before this time. */
  nextNoticeAt = Number.POSITIVE_INFINITY;
  /** When notices were last written. */
  noticedAt = 0;
  /** Paths whose tokens were asked for. */
  readonly wanting = new Set<PathLoad>();
  /** Paths that were refused tokens, by when they may ask again. */
  readonly refused = new Heap<PathLoad>();
  /** Paths that asked for tokens, and that lanes left since. */
  readonly deserted = new Set<PathLoad>();
  /** Held lanes that mail entered since the last decision. */
  private entered = new Set<Lane>();
  /** What the lanes were last decided under: what it says of sources concerns all of them. */
  control: ControlState | undefined;
  /** Counts the batches proposed in this life of the state; part of their ids. Number 0 is the claim's own. */
  sequence = 1;
  /** Where the turns among sources with equal credit stand. */
  rotation = 0;

  /** Mail entered the lane. A blocked lane is not asked again for that. */
  enter(lane: Lane): void {
    if (lane.hold) this.entered.add(lane);
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
  block(lane: Lane, loads: readonly PathLoad[], hold: Hold): void {
    lane.place = 'blocked';
    for (const load of loads) {
      load.parked.add(lane);
      lane.parkedOn.push(load);
    }
    if (hold.until !== undefined) this.waitUntil(lane, hold.until);
    this.setHold(lane, hold);
  }

  unblock(lane: Lane): void {
    for (const load of lane.parkedOn) {
      load.parked.delete(lane);
      if (load.refusedNode.heap && load.parked.size === 0) this.deserted.add(load);
    }
    lane.parkedOn.length = 0;
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
    return this.freed.length > 0;
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
  }

  private compactReady(): void {
    this.ready = this.ready.slice(this.readyFrom);
    this.readyFrom = 0;
  }
}
