/** Whoever waits until more may start. */
export interface Waiting {
  resume(): void;
}

/**
 * Deliveries started whose outcome is not durable yet. Their number is bounded: when outcomes cannot be recorded,
 * sending stops.
 */
export class InFlight {
  private count = 0;
  private waiting = new Set<Waiting>();
  private readonly draining: (() => void)[] = [];

  constructor(private readonly most: () => number) {}

  get started(): number {
    return this.count;
  }

  /** Counts them as started and answers true, or remembers who asked and answers false. */
  start(deliveries: number, asking: Waiting): boolean {
    // More recipients in one transaction than may be in flight at all still have to pass some time.
    if (this.count > 0 && this.count + deliveries > this.most()) {
      this.waiting.add(asking);
      return false;
    }
    this.count += deliveries;
    return true;
  }

  finish(deliveries: number): void {
    this.count -= deliveries;
    if (this.count > 0) return;
    for (const resolve of this.draining.splice(0)) resolve();
  }

  /** Resolves when nothing is in flight. */
  drained(): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => this.draining.push(resolve));
  }

  /** Lets everybody who waits try again, in the order they asked. */
  wake(): void {
    if (this.waiting.size === 0) return;
    const waiting = this.waiting;
    this.waiting = new Set();
    for (const one of waiting) one.resume();
  }
}
