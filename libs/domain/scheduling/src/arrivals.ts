/** So many places are given back at once. */
const LEFT_BEHIND = 1024;

/**
 * What came, in that order, beside a Map in which it is found: the oldest leave first. A Map alone keeps that order
 * too, but whoever looks for its oldest entry walks over the holes of all that were deleted before it, 28 µs each time
 * among 70,000.
 */
export class Arrivals<T> {
  private items: T[] = [];
  private head = 0;

  get oldest(): T | undefined {
    return this.items[this.head];
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** The oldest leaves. */
  shift(): void {
    if (this.head >= this.items.length) return;
    this.head += 1;
    if (this.head < LEFT_BEHIND || this.head * 2 < this.items.length) return;
    this.items = this.items.slice(this.head);
    this.head = 0;
  }
}
