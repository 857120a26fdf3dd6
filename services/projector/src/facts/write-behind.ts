import type { TimerHandle, Timers } from '@penstock/ports';

export interface WriteBehindLimits {
  /** What is collected is stored this long after the first of it, ms. */
  readonly delayMs: number;
  /** Whoever collects more than this waits until it is stored. */
  readonly maxCollected: number;
}

/**
 * Collects what is folded and stores it in few large transactions. `write` must take everything collected before it
 * first awaits; only one runs at a time. A write that failed leaves memory ahead of the store, so everything after it
 * fails too: the partition stops and a restart continues from what the store holds.
 */
export class WriteBehind {
  private collected = 0;
  private timer: TimerHandle | undefined;
  private writing: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private failure: Error | undefined;

  constructor(
    private readonly timers: Timers,
    private readonly limits: WriteBehindLimits,
    private readonly write: () => Promise<void>,
    private readonly failed: (error: Error) => void,
  ) {}

  /** Call after folding; resolves at once unless too much waits to be stored. */
  async add(count: number): Promise<void> {
    if (this.failure) throw this.failure;
    this.collected += count;
    if (this.collected >= this.limits.maxCollected) return this.flush();
    this.timer ??= this.timers.after(this.limits.delayMs, () => this.flushUnattended());
  }

  /** Resolves when everything added before this call is stored. */
  flush(): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    if (!this.writing) {
      this.writing = this.writeAll().finally(() => {
        this.writing = undefined;
      });
      return this.writing;
    }
    // The running write took its share already: one more, for everybody who asks meanwhile, has the rest.
    this.next ??= this.writing.then(() => {
      this.next = undefined;
      return this.flush();
    });
    return this.next;
  }

  private flushUnattended(): void {
    // A failure has been reported by `failed`; the next `add` rejects with it.
    this.flush().catch(() => undefined);
  }

  private async writeAll(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    this.collected = 0;
    try {
      await this.write();
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.failed(this.failure);
      throw this.failure;
    }
  }
}
