/** What is out on one path, and how fast it comes back: the ground of the credit. */
import type { Lane } from './lane.ts';
import type { Gate, TokenLine } from './token-lines.ts';

/** Over how long the rate of closed attempts is taken. */
export const CLOSED_WINDOW_SECONDS = 10;

export class PathLoad {
  /** Deliveries released to the path and not closed. */
  open = 0;
  /** Chosen by the decision that is being made or not yet folded. */
  proposed = 0;
  /** Lanes that wait for credit alone, longest waiting first. */
  readonly parked = new Set<Lane>();
  /** Whether it stands in the list of paths on which credit came free. */
  freed = false;
  readonly closed = new ClosedRate();

  /** Where lanes wait for tokens as well, by what they are tokens of. */
  readonly gates = new Map<TokenLine, Gate>();

  constructor(
    readonly path: string,
    /** Unique among the partition's paths. */
    readonly order: number,
  ) {}

  get idle(): boolean {
    return this.open === 0 && this.proposed === 0 && this.parked.size === 0 && this.gates.size === 0;
  }
}

/** Attempts closed in each of the last ten seconds of log time. */
export class ClosedRate {
  /** Second → count; second n lies at n modulo the window. */
  private readonly counts: number[] = new Array<number>(CLOSED_WINDOW_SECONDS).fill(0);
  /** The newest second counted, since the epoch. */
  private newest = 0;

  add(atMs: number, count = 1): void {
    const second = Math.floor(atMs / 1000);
    this.forgetUntil(second);
    if (second <= this.newest - CLOSED_WINDOW_SECONDS) return;
    const slot = second % CLOSED_WINDOW_SECONDS;
    this.counts[slot] = (this.counts[slot] ?? 0) + count;
  }

  /** Per second, over as much of the window as has seen any. */
  perSecond(nowMs: number): number {
    const now = Math.floor(nowMs / 1000);
    let total = 0;
    let first = now;
    for (const [second, count] of this.entries()) {
      if (second <= now - CLOSED_WINDOW_SECONDS) continue;
      total += count;
      first = Math.min(first, second);
    }
    return total === 0 ? 0 : total / Math.min(CLOSED_WINDOW_SECONDS, Math.max(1, nowMs / 1000 - first));
  }

  /** Seconds with a count, oldest first. */
  entries(): readonly (readonly [second: number, count: number])[] {
    const found: (readonly [number, number])[] = [];
    for (let second = this.newest - CLOSED_WINDOW_SECONDS + 1; second <= this.newest; second++) {
      const count = second < 0 ? 0 : (this.counts[second % CLOSED_WINDOW_SECONDS] ?? 0);
      if (count > 0) found.push([second, count]);
    }
    return found;
  }

  isEmptyAt(nowMs: number): boolean {
    return Math.floor(nowMs / 1000) - this.newest >= CLOSED_WINDOW_SECONDS;
  }

  private forgetUntil(second: number): void {
    const steps = Math.min(second - this.newest, CLOSED_WINDOW_SECONDS);
    for (let step = 0; step < steps; step++) this.counts[(second - step) % CLOSED_WINDOW_SECONDS] = 0;
    if (second > this.newest) this.newest = second;
  }
}
