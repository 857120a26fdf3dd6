interface Waiter {
  readonly offset: number;
  resolve(): void;
  reject(error: Error): void;
}

/** How far each partition has been read, and who waits for that. */
export class Reached {
  private readonly positions = new Map<number, number>();
  private readonly waiters = new Map<number, Waiter[]>();
  private ended: string | undefined;

  /** Everything before `position` is read. */
  set(partition: number, position: number): void {
    this.positions.set(partition, position);
    const waiting = this.waiters.get(partition) ?? [];
    this.waiters.set(
      partition,
      waiting.filter((waiter) => waiter.offset >= position),
    );
    for (const waiter of waiting) if (waiter.offset < position) waiter.resolve();
  }

  /** Resolves once the record at `offset` is read; rejects when no more will be. */
  async passed(partition: number, offset: number): Promise<void> {
    if ((this.positions.get(partition) ?? 0) > offset) return;
    if (this.ended !== undefined) throw new Error(this.ended);
    await new Promise<void>((resolve, reject) => {
      const waiting = this.waiters.get(partition);
      const waiter = { offset, resolve, reject };
      if (waiting) waiting.push(waiter);
      else this.waiters.set(partition, [waiter]);
    });
  }

  /** Nothing more is read. */
  end(reason: string): void {
    this.ended = reason;
    for (const waiting of this.waiters.values()) for (const { reject } of waiting) reject(new Error(reason));
    this.waiters.clear();
  }
}
