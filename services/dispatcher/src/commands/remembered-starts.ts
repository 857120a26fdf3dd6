import { Arrivals } from '@penstock/scheduling';

interface Remembered {
  readonly deliveryId: string;
  readonly release: number;
  readonly startBy: number;
  open: boolean;
  /** Left to others; still in the order of arrival. */
  isLeft: boolean;
  /** Told when the outcome is durable: mostly there is none. */
  waiting?: (() => void)[];
  /** Of the same delivery: mostly there is none. */
  other: Remembered | undefined;
}

/**
 * (delivery, release) of all that was started or handed back, until `startBy` has passed and the outcome is durable:
 * a scheduler that takes over sends commands again, and none may start twice.
 */
export class RememberedStarts {
  /** By delivery; an id made of both would have to be put together and hashed anew each time. */
  private readonly known = new Map<string, Remembered>();
  private readonly order = new Arrivals<Remembered>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Whether it is new. */
  remember(deliveryId: string, release: number, startBy: number): boolean {
    const other = this.known.get(deliveryId);
    if (other && find(other, release)) return false;
    const remembered: Remembered = { deliveryId, release, startBy, open: true, isLeft: false, other };
    this.known.set(deliveryId, remembered);
    this.order.push(remembered);
    this.count += 1;
    return true;
  }

  /** Its outcome is durable. */
  settled(deliveryId: string, release: number): void {
    const remembered = find(this.known.get(deliveryId), release);
    if (!remembered) return;
    remembered.open = false;
    if (!remembered.waiting) return;
    for (const tell of remembered.waiting.splice(0)) tell();
  }

  /** It never started here and is another's now: should it come again, it is new. */
  leave(deliveryId: string, release: number): void {
    const remembered = find(this.known.get(deliveryId), release);
    if (!remembered) return;
    remembered.isLeft = true;
    this.forget(remembered);
  }

  /** Whether its outcome is not durable yet; if so, `tell` is called when it is. */
  awaits(deliveryId: string, release: number, tell: () => void): boolean {
    const remembered = find(this.known.get(deliveryId), release);
    if (!remembered?.open) return false;
    remembered.waiting ??= [];
    remembered.waiting.push(tell);
    return true;
  }

  /** Looks at the oldest `budget` entries and forgets those that are due; `now` in ms since the epoch. */
  forgetDue(now: number, budget: number): void {
    for (let left = budget; left > 0; left--) {
      const { oldest } = this.order;
      if (!oldest || oldest.startBy >= now) return;
      this.order.shift();
      if (oldest.isLeft) continue;
      // Looked at again after all others.
      if (oldest.open) this.order.push(oldest);
      else this.forget(oldest);
    }
  }

  private forget(remembered: Remembered): void {
    this.count -= 1;
    const { deliveryId, other } = remembered;
    const newest = this.known.get(deliveryId);
    if (newest === remembered) {
      if (other) this.known.set(deliveryId, other);
      else this.known.delete(deliveryId);
      return;
    }
    for (let before = newest; before; before = before.other) if (before.other === remembered) before.other = other;
  }
}

function find(newest: Remembered | undefined, release: number): Remembered | undefined {
  for (let remembered = newest; remembered; remembered = remembered.other) {
    if (remembered.release === release) return remembered;
  }
  return undefined;
}
