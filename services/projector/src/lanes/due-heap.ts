/** Something that waits, and until when. */
export interface Waiting {
  /** ms since the epoch */
  readonly dueAt: number;
  /** Whether it waits at all now. */
  readonly waits: boolean;
}

interface Entry<T> {
  readonly dueAt: number;
  readonly item: T;
}

/**
 * The earliest due time of many that wait. Entries are not removed when an item moves on: those whose item no longer
 * waits for just that time are skipped, and swept once they outnumber the rest.
 */
export class DueHeap<T extends Waiting> {
  private heap: Entry<T>[] = [];
  private sweepAt = 64;

  push(item: T): void {
    if (this.heap.length >= this.sweepAt) this.sweep();
    const entry = { dueAt: item.dueAt, item };
    let at = this.heap.length;
    this.heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.heap[above];
      if (!parent || parent.dueAt <= entry.dueAt) break;
      this.heap[at] = parent;
      at = above;
    }
    this.heap[at] = entry;
  }

  /** The earliest time something waits for; undefined if nothing waits. */
  earliest(): number | undefined {
    for (let top = this.heap[0]; top !== undefined; top = this.heap[0]) {
      if (current(top)) return top.dueAt;
      this.removeTop();
    }
    return undefined;
  }

  private removeTop(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    let at = 0;
    for (;;) {
      const below = this.smallerChild(at);
      const child = this.heap[below];
      if (!child || child.dueAt >= last.dueAt) break;
      this.heap[at] = child;
      at = below;
    }
    this.heap[at] = last;
  }

  private smallerChild(at: number): number {
    const left = this.heap[2 * at + 1];
    const right = this.heap[2 * at + 2];
    return left && right && right.dueAt < left.dueAt ? 2 * at + 2 : 2 * at + 1;
  }

  private sweep(): void {
    // A sorted array is a heap.
    this.heap = this.heap.filter(current).sort((a, b) => a.dueAt - b.dueAt);
    this.sweepAt = Math.max(64, 2 * this.heap.length);
  }
}

function current<T extends Waiting>({ dueAt, item }: Entry<T>): boolean {
  return item.waits && item.dueAt === dueAt;
}
