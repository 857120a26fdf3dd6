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

/** A binary heap. What is pushed in rising order, as most deadlines are, costs no sifting. */
export class Heap<T> {
  private readonly nodes: HeapNode<T>[] = [];

  get size(): number {
    return this.nodes.length;
  }

  peek(): HeapNode<T> | undefined {
    return this.nodes[0];
  }

  /** Every node, in no particular order. */
  values(): Iterable<HeapNode<T>> {
    return this.nodes;
  }

  /** Puts the node in with `key`, wherever it stood before. */
  push(node: HeapNode<T>, key: number): void {
    withdrawNode(node);
    node.key = key;
    node.heap = this;
    this.rise(node, this.nodes.length);
  }

  remove(node: HeapNode<T>): void {
    const { place } = node;
    const last = this.nodes.pop();
    node.heap = undefined;
    node.place = -1;
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
