interface Waiter {
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** How far a topic of one partition is folded, and who waits for that. */
export class ReachedOffsets {
  /** Offset of the next record to fold. */
  next = 0;
  failure: string | undefined;
  private waiters: Waiter[] = [];

  /** @param broken what to say when it is read no more */
  constructor(private readonly broken: string) {}

  startAt(offset: number): void {
    this.failure = undefined;
    this.advance(offset);
  }

  advance(next: number): void {
    this.next = next;
    this.settle(
      ({ offset }) => offset < next,
      ({ resolve }) => resolve(),
    );
  }

  fail(): void {
    this.failure = this.broken;
    this.settle(
      () => true,
      ({ reject }) => reject(new Error(this.broken)),
    );
  }

  /** Resolves once the record at `offset` is folded; rejects if nothing is folded any more. */
  reached(offset: number): Promise<void> {
    if (this.next > offset) return Promise.resolve();
    if (this.failure) return Promise.reject(new Error(this.failure));
    return new Promise((resolve, reject) => this.waiters.push({ offset, resolve, reject }));
  }

  private settle(isDue: (waiter: Waiter) => boolean, end: (waiter: Waiter) => void): void {
    const due = this.waiters.filter(isDue);
    if (due.length === 0) return;
    this.waiters = this.waiters.filter((waiter) => !isDue(waiter));
    for (const waiter of due) end(waiter);
  }
}
