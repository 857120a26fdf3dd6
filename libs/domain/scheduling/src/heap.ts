/** A place in a heap, kept by the thing that stands there, so that it can leave from anywhere in O(log n). */
export interface HeapNode<T> {
  /** Smallest first. */
  key: number;
  /** Decides between equal keys; unique within a heap, so that the order never depends on history. */
  readonly order: number;
  readonly item: T;
  /** The heap it stands in, if any, and where. */
  heap: Heap<T> | undefined;
  place: number;
}

export function heapNode<T>(item: T, order: number): HeapNode<T> {
  return { key: 0, order, item, heap: undefined, place: -1 };
}

/** Takes the node out of the heap it stands in, if it stands in one. */
export function withdrawNode<T>(node: HeapNode<T>): void {
  node.heap?.remove(node);
}

/** How far a late, small key may reach back into the run before it goes to the heap instead. */
const REACH = 4;

/** A run that is empty goes on behind its holes up to this length: most are filled and emptied all the time. */
const EMPTY_RUN = 32;

/** Where a node stands in the run, told from its place. Places of the heap are 0 and up. */
const IN_RUN = -2;

/**
 * A priority queue. Most keys are times and come in rising order: those stand in a run, an array in order, where
 * entering and leaving costs nothing but a hole. Only what comes out of order is sifted through a binary heap.
 */
export class Heap<T> {
  private readonly nodes: HeapNode<T>[] = [];
  private run: (HeapNode<T> | undefined)[] = [];
  /** Where the run begins; holes before it are passed over for good. */
  private from = 0;
  private inRun = 0;

  get size(): number {
    return this.nodes.length + this.inRun;
  }

  peek(): HeapNode<T> | undefined {
    const first = this.firstOfRun();
    const top = this.nodes[0];
    if (first === undefined || top === undefined) return first ?? top;
    return before(top, first) ? top : first;
  }

  /** Every node, in no particular order. */
  values(): readonly HeapNode<T>[] {
    return [...this.nodes, ...this.run.slice(this.from).filter((node) => node !== undefined)];
  }

  /** Some of the nodes, at most so many; the smallest are mostly among them. */
  some(most: number): readonly HeapNode<T>[] {
    const found: HeapNode<T>[] = [];
    for (let i = this.from; i < this.run.length && found.length < most; i++) {
      const node = this.run[i];
      if (node !== undefined) found.push(node);
    }
    return found.concat(this.nodes.slice(0, most - found.length));
  }

  /** How many stand up to `key`, counted no further than `most`. */
  countUpTo(key: number, most: number): number {
    let count = 0;
    for (let i = this.from; i < this.run.length && count < most; i++) {
      const node = this.run[i];
      if (node !== undefined && node.key > key) break;
      if (node !== undefined) count += 1;
    }
    const places = [0];
    for (let place = places.pop(); place !== undefined && count < most; place = places.pop()) {
      const node = this.nodes[place];
      if (node === undefined || node.key > key) continue;
      count += 1;
      places.push(2 * place + 1, 2 * place + 2);
    }
    return count;
  }

  /** Puts the node in with `key`, wherever it stood before. */
  push(node: HeapNode<T>, key: number): void {
    withdrawNode(node);
    node.key = key;
    node.heap = this;
    if (this.fitsRun(node)) {
      node.place = IN_RUN - this.run.length;
      this.run.push(node);
      this.inRun += 1;
    } else {
      this.rise(node, this.nodes.length);
    }
  }

  remove(node: HeapNode<T>): void {
    node.heap = undefined;
    if (node.place > -1) this.removeFromHeap(node);
    else this.removeFromRun(node);
    node.place = -1;
  }

  private firstOfRun(): HeapNode<T> | undefined {
    const { run } = this;
    while (this.from < run.length) {
      const node = run[this.from];
      if (node !== undefined) return node;
      this.from += 1;
    }
    return undefined;
  }

  /** Whether the node may stand at the end of the run; a few that are later than it give way to the heap. */
  private fitsRun(node: HeapNode<T>): boolean {
    const { run } = this;
    for (let moved = 0; run.length > this.from; ) {
      const last = run[run.length - 1];
      if (last !== undefined && !before(node, last)) return true;
      if (last !== undefined && moved === REACH) return false;
      run.pop();
      if (last === undefined) continue;
      this.inRun -= 1;
      this.rise(last, this.nodes.length);
      moved += 1;
    }
    return true;
  }

  private removeFromRun(node: HeapNode<T>): void {
    this.run[IN_RUN - node.place] = undefined;
    this.inRun -= 1;
    if (this.inRun === 0) {
      this.from = this.run.length;
      if (this.from < EMPTY_RUN) return;
      this.run = [];
      this.from = 0;
    } else if (this.run.length > 64 && this.inRun * 4 < this.run.length) {
      this.closeHoles();
    }
  }

  private closeHoles(): void {
    this.run = this.run.filter((node) => node !== undefined);
    this.from = 0;
    for (const [index, node] of this.run.entries()) if (node) node.place = IN_RUN - index;
  }

  private removeFromHeap(node: HeapNode<T>): void {
    const { place } = node;
    const last = this.nodes.pop();
    if (last === undefined || last === node) return;
    this.rise(last, place);
    this.sink(last);
  }

  private rise(node: HeapNode<T>, from: number): void {
    const { nodes } = this;
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = nodes[above];
      if (parent === undefined || !before(node, parent)) break;
      nodes[place] = parent;
      parent.place = place;
      place = above;
    }
    nodes[place] = node;
    node.place = place;
  }

  private sink(node: HeapNode<T>): void {
    const { nodes } = this;
    let place = node.place;
    for (;;) {
      const left = nodes[2 * place + 1];
      if (left === undefined) break;
      const right = nodes[2 * place + 2];
      const child = right !== undefined && before(right, left) ? right : left;
      if (!before(child, node)) break;
      const below = child.place;
      nodes[place] = child;
      child.place = place;
      place = below;
    }
    nodes[place] = node;
    node.place = place;
  }
}

function before<T>(a: HeapNode<T>, b: HeapNode<T>): boolean {
  return a.key < b.key || (a.key === b.key && a.order < b.order);
}
