import type { TimerHandle, Timers } from '@penstock/ports';

interface Waiter {
  readonly offset: number;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * How long a partition that was taken away may stay away. The group is this process's own: it has the partition back as
 * soon as the group knows it again, unless the process leaves.
 */
export const AWAY_MS = 30_000;

/** How far each partition has been read, and who waits for that. */
export class Reached {
  private readonly positions = new Map<number, number>();
  private readonly waiters = new Map<number, Waiter[]>();
  /** Partitions that are not read at present; with a timer while that may be a matter of moments. */
  private readonly away = new Map<number, TimerHandle | undefined>();
  private ended: string | undefined;

  constructor(private readonly timers: Timers) {}

  /** Everything before `position` is read. */
  set(partition: number, position: number): void {
    this.away.get(partition)?.cancel();
    this.away.delete(partition);
    this.positions.set(partition, position);
    const waiting = this.waiters.get(partition) ?? [];
    this.waiters.set(
      partition,
      waiting.filter((waiter) => waiter.offset >= position),
    );
    for (const waiter of waiting) if (waiter.offset < position) waiter.resolve();
  }

  /** Resolves once the record at `offset` is read; rejects when no more will be, or the partition stays away. */
  async passed(partition: number, offset: number): Promise<void> {
    if ((this.positions.get(partition) ?? 0) > offset) return;
    if (this.ended !== undefined) throw new Error(this.ended);
    if (this.away.has(partition) && this.away.get(partition) === undefined) throw new Error(awayText(partition));
    await new Promise<void>((resolve, reject) => {
      const waiting = this.waiters.get(partition);
      const waiter = { offset, resolve, reject };
      if (waiting) waiting.push(waiter);
      else this.waiters.set(partition, [waiter]);
    });
  }

  /** The partition is not read any more until it is `set`: who waits for it does so for a while. */
  interrupt(partition: number): void {
    if (this.ended !== undefined || this.away.has(partition)) return;
    const timer = this.timers.after(AWAY_MS, () => {
      this.away.set(partition, undefined);
      this.refuse(partition, awayText(partition));
    });
    this.away.set(partition, timer);
  }

  /** Nothing more is read. */
  end(reason: string): void {
    this.ended = reason;
    for (const timer of this.away.values()) timer?.cancel();
    for (const partition of [...this.waiters.keys()]) this.refuse(partition, reason);
  }

  private refuse(partition: number, reason: string): void {
    const waiting = this.waiters.get(partition) ?? [];
    this.waiters.delete(partition);
    for (const { reject } of waiting) reject(new Error(reason));
  }
}

function awayText(partition: number): string {
  return `partition ${partition} is not read at present`;
}
