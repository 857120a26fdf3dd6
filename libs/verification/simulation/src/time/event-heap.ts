/** What will happen, earliest first; what falls on the same millisecond happens in the order it was put in. */
export interface PlannedEvent {
  readonly at: number;
  readonly sequence: number;
  readonly label: string;
  readonly run: () => void;
  cancelled: boolean;
}

/** A binary heap by (at, sequence). */
export class EventHeap {
  private readonly items: PlannedEvent[] = [];

  get size(): number {
    return this.items.length;
  }

  push(event: PlannedEvent): void {
    this.items.push(event);
    let child = this.items.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.before(child, parent)) return;
      this.swap(child, parent);
      child = parent;
    }
  }

  pop(): PlannedEvent | undefined {
    const [first] = this.items;
    const last = this.items.pop();
    if (first === undefined || last === undefined) return undefined;
    if (this.items.length > 0) {
      this.items[0] = last;
      this.sink();
    }
    return first;
  }

  private sink(): void {
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      const right = left + 1;
      let least = parent;
      if (left < this.items.length && this.before(left, least)) least = left;
      if (right < this.items.length && this.before(right, least)) least = right;
      if (least === parent) return;
      this.swap(least, parent);
      parent = least;
    }
  }

  private before(i: number, j: number): boolean {
    const a = this.at(i);
    const b = this.at(j);
    return a.at === b.at ? a.sequence < b.sequence : a.at < b.at;
  }

  private swap(i: number, j: number): void {
    const a = this.at(i);
    this.items[i] = this.at(j);
    this.items[j] = a;
  }

  private at(index: number): PlannedEvent {
    const item = this.items[index];
    if (!item) throw new RangeError(`no event at ${index}`);
    return item;
  }
}
