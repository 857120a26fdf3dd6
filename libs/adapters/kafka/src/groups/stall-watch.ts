import { type Clock, PeriodicTask, type Timers } from '@penstock/ports';

/** What is looked at. */
export interface Watched {
  /** By partition, the offset that is due next, of those that could be handed something at any time. */
  awaited(): ReadonlyMap<number, number>;
  /** The end of each partition, in their order. May reject: then there is another look. */
  ends(partitions: readonly number[]): Promise<readonly number[]>;
  /** These have records that nobody has handed over for too long. */
  stalled(partitions: readonly number[]): void;
}

interface Wait {
  readonly offset: number;
  readonly sinceMs: number;
}

/** Looks at a partition before it counts as stalled. */
const LOOKS = 3;
const MAX_PATIENCE_MS = 600_000;

/**
 * Notices a consumer that has stopped fetching without a word. Leaders and coordinators move, requests get lost, and
 * kafkajs has more ways to wait for ever than anybody has counted; what it cannot hide is a partition that has records
 * beyond what was handed over. Where a stall outlives what is done about it, patience doubles each time.
 */
export class StallWatch {
  private waits = new Map<number, Wait>();
  private readonly looking: PeriodicTask;
  private isOver = false;
  private patienceMs: number;

  constructor(
    private readonly watched: Watched,
    private readonly time: { readonly clock: Pick<Clock, 'monotonic'>; readonly timers: Pick<Timers, 'after'> },
    private readonly stallMs: number,
  ) {
    this.patienceMs = stallMs;
    // A broker that does not answer is no stall of ours; the next look will tell.
    this.looking = new PeriodicTask(time.timers, stallMs / LOOKS, () => this.look());
  }

  start(): void {
    this.looking.start();
  }

  end(): void {
    this.isOver = true;
    this.looking.stop();
  }

  private async look(): Promise<void> {
    const awaited = this.watched.awaited();
    const partitions = [...awaited.keys()];
    if (partitions.length === 0) return this.note(new Map());
    const ends = await this.watched.ends(partitions);
    if (this.isOver) return;
    const now = this.time.clock.monotonic();
    const still = this.watched.awaited();
    const waits = new Map<number, Wait>();
    for (const [i, partition] of partitions.entries()) {
      const offset = awaited.get(partition) ?? 0;
      if (still.get(partition) !== offset || (ends[i] ?? 0) <= offset) continue;
      const before = this.waits.get(partition);
      waits.set(partition, before?.offset === offset ? before : { offset, sinceMs: now });
    }
    this.note(waits);
    const stalled = [...waits].filter(([, { sinceMs }]) => now - sinceMs >= this.patienceMs);
    if (stalled.length === 0) return;
    this.patienceMs = Math.min(MAX_PATIENCE_MS, this.patienceMs * 2);
    // What is done now has its own time before it is judged.
    for (const [partition, { offset }] of stalled) this.waits.set(partition, { offset, sinceMs: now });
    this.watched.stalled(stalled.map(([partition]) => partition));
  }

  private note(waits: Map<number, Wait>): void {
    // Nothing to wait for with partitions in hand: whatever was done has helped.
    if (waits.size === 0 && this.watched.awaited().size > 0) this.patienceMs = this.stallMs;
    this.waits = waits;
  }
}
