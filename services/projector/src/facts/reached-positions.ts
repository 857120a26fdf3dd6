import type { Timers } from '@penstock/ports';

interface Waiter {
  readonly partition: number;
  readonly offset: number;
  readonly resolve: () => void;
}

/** How far each partition is stored, and who waits for it to get further. */
export class ReachedPositions {
  private readonly reached = new Map<number, number>();
  private waiters: readonly Waiter[] = [];

  of(partition: number): number | undefined {
    return this.reached.get(partition);
  }

  /** `offset` is the next one to be read: everything before it is stored. */
  advance(partition: number, offset: number): void {
    this.reached.set(partition, offset);
    if (this.waiters.length === 0) return;
    const due = this.waiters.filter((waiter) => this.satisfied(waiter));
    if (due.length === 0) return;
    this.waiters = this.waiters.filter((waiter) => !due.includes(waiter));
    for (const waiter of due) waiter.resolve();
  }

  forget(partition: number): void {
    this.reached.delete(partition);
  }

  /** Resolves once everything before `offset` is stored. */
  wait(partition: number, offset: number): Promise<void> {
    return this.enlist(partition, offset).done;
  }

  /** Whether everything before `offset` is stored now or within `timeoutMs`. */
  async waitAtMost(partition: number, offset: number, timeoutMs: number, timers: Timers): Promise<boolean> {
    const { waiter, done } = this.enlist(partition, offset);
    if (this.satisfied(waiter)) return true;
    // The timer and the store end the same wait: resolving twice is nothing.
    const timer = timers.after(timeoutMs, waiter.resolve);
    await done;
    timer.cancel();
    this.waiters = this.waiters.filter((other) => other !== waiter);
    return this.satisfied(waiter);
  }

  private enlist(partition: number, offset: number): { waiter: Waiter; done: Promise<void> } {
    let resolve: () => void = () => undefined;
    const done = new Promise<void>((settle) => {
      resolve = settle;
    });
    const waiter: Waiter = { partition, offset, resolve };
    if (this.satisfied(waiter)) resolve();
    else this.waiters = [...this.waiters, waiter];
    return { waiter, done };
  }

  private satisfied({ partition, offset }: Waiter): boolean {
    return (this.reached.get(partition) ?? 0) >= offset;
  }
}
