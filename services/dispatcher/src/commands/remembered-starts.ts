import { Arrivals } from '@penstock/scheduling';

interface Remembered {
  startBy: number;
  open: boolean;
}

/**
 * (delivery, release) of all that was started or handed back, until `startBy` has passed and the outcome is durable:
 * a scheduler that takes over sends commands again, and none may start twice.
 */
export class RememberedStarts {
  private readonly known = new Map<string, Remembered>();
  private readonly order = new Arrivals();

  get size(): number {
    return this.known.size;
  }

  /** Whether it is new. */
  remember(deliveryId: string, release: number, startBy: number): boolean {
    const key = `${deliveryId}:${release}`;
    if (this.known.has(key)) return false;
    this.known.set(key, { startBy, open: true });
    this.order.push(key);
    return true;
  }

  /** Its outcome is durable. */
  settled(deliveryId: string, release: number): void {
    const remembered = this.known.get(`${deliveryId}:${release}`);
    if (remembered) remembered.open = false;
  }

  /** Looks at the oldest `budget` entries and forgets those that are due; `now` in ms since the epoch. */
  forgetDue(now: number, budget: number): void {
    for (let left = budget; left > 0; left--) {
      const key = this.order.oldest;
      if (key === undefined) return;
      const remembered = this.known.get(key);
      if (remembered && remembered.startBy >= now) return;
      this.order.shift();
      // Looked at again after all others.
      if (remembered?.open) this.order.push(key);
      else this.known.delete(key);
    }
  }
}
