/** The queue of deliveries of one (pool, domain, class). Domains become sites when `decide` asks. */
import type { HoldReason, TrafficClass } from '@penstock/events';
import type { Delivery } from './delivery.ts';
import { Heap, type HeapNode, heapNode, withdrawNode } from './heap.ts';
import type { PathLoad } from './path-load.ts';
import type { Passing, Seat } from './token-lines.ts';

export interface LaneKey {
  readonly pool: string;
  readonly domain: string;
  readonly class: TrafficClass;
}

/** Why a lane waits for us. */
export interface Hold {
  readonly reasons: readonly HoldReason[];
  /** The reasons as one word, to compare. */
  readonly key: string;
  /** When it will be asked again, ms since the epoch, if that is a time. */
  readonly until: number | undefined;
  /** Whether nothing can go before `until`. */
  readonly sure: boolean;
}

/** Where a lane waits for its turn. `blocked` lanes cost nothing until what blocks them changes. */
export type LanePlace = 'idle' | 'ready' | 'blocked';

/** After this many first attempts in a row a due retry goes. */
const FIRSTS_PER_RETRY = 2;

export class Lane {
  /** Never tried, by due time. */
  readonly firsts = new Heap<Delivery>();
  /** Tried before, by due time. */
  readonly retries = new Heap<Delivery>();
  /** Not noticed since they are held, by when that began. */
  readonly unnoticed = new Heap<Delivery>();
  /** Noticed since they are held: reasons → by when. */
  readonly noticed = new Map<string, Heap<Delivery>>();
  /** Deliveries of the lane, waiting or open. */
  deliveries = 0;
  place: LanePlace = 'idle';
  hold: Hold | undefined = undefined;
  /** Paths whose credit it waits for. */
  readonly parkedOn: PathLoad[] = [];
  /** Where it waits for tokens too. */
  readonly seats: Seat[] = [];
  /** Tokens that are asked for its deliveries. */
  wanted = 0;
  /** Its time among lanes that wait for one. */
  readonly timeNode: HeapNode<Lane>;
  private firstsInARow = 0;

  constructor(
    readonly key: LaneKey,
    /** Names it among the partition's lanes. */
    readonly name: string,
    /** Unique among the partition's lanes. */
    order: number,
  ) {
    this.timeNode = heapNode<Lane>(this, order);
  }

  get waiting(): number {
    return this.firsts.size + this.retries.size;
  }

  /** As new: what it held is gone. */
  reset(): void {
    this.place = 'idle';
    this.hold = undefined;
    this.noticed.clear();
    this.firstsInARow = 0;
    this.wanted = 0;
  }

  /** When the next of its deliveries is due. */
  nextDue(): number | undefined {
    const first = this.firsts.peek()?.key;
    const retry = this.retries.peek()?.key;
    if (first === undefined) return retry;
    return retry === undefined ? first : Math.min(first, retry);
  }

  /** How many of its deliveries are due, counted no further than `most`. */
  countDue(nowMs: number, most: number, passing: Passing = 'any'): number {
    const firsts = passing === 'retry' ? 0 : this.firsts.countUpTo(nowMs, most);
    if (passing === 'first' || firsts >= most) return firsts;
    return firsts + this.retries.countUpTo(nowMs, most - firsts);
  }

  /** The next of one kind that is due. */
  headAt(kind: 'first' | 'retry', nowMs: number): Delivery | undefined {
    return dueAt(kind === 'first' ? this.firsts : this.retries, nowMs);
  }

  /** The delivery whose turn it is: two first attempts, then a due retry. `retriesMayGo` false passes those over. */
  nextAt(nowMs: number, retriesMayGo: boolean): Delivery | undefined {
    const first = dueAt(this.firsts, nowMs);
    const retry = retriesMayGo ? dueAt(this.retries, nowMs) : undefined;
    if (first === undefined || retry === undefined) return first ?? retry;
    return this.firstsInARow >= FIRSTS_PER_RETRY ? retry : first;
  }

  /** `delivery` takes its turn. */
  count(delivery: Delivery): void {
    this.firstsInARow = delivery.waitNode.heap === this.retries ? 0 : this.firstsInARow + 1;
  }

  enter(delivery: Delivery): void {
    const { waitNode, noticeNode, dueAt: due, notice, heldSince } = delivery;
    if (!waitNode.heap) (delivery.life.attempts === 0 ? this.firsts : this.retries).push(waitNode, due);
    if (noticeNode.heap) return;
    if (notice && notice.at >= heldSince) this.noticedFor(reasonsKey(notice.reasons)).push(noticeNode, notice.at);
    else this.unnoticed.push(noticeNode, heldSince);
  }

  private noticedFor(key: string): Heap<Delivery> {
    let heap = this.noticed.get(key);
    if (!heap) {
      heap = new Heap();
      this.noticed.set(key, heap);
    }
    return heap;
  }
}

export function reasonsKey(reasons: readonly HoldReason[]): string {
  return reasons.join(',');
}

/** Takes the delivery out of every order it stands in; whoever proposes something about it does that. */
export function withdraw(delivery: Delivery): void {
  withdrawNode(delivery.waitNode);
  withdrawNode(delivery.noticeNode);
  withdrawNode(delivery.clockNode);
}

function dueAt(heap: Heap<Delivery>, nowMs: number): Delivery | undefined {
  const node = heap.peek();
  return node !== undefined && node.key <= nowMs ? node.item : undefined;
}
