import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Heap, type HeapNode, heapNode, withdrawNode } from './heap.ts';

function drain(heap: Heap<number>): number[] {
  const order: number[] = [];
  for (let node = heap.peek(); node !== undefined; node = heap.peek()) {
    order.push(node.item);
    heap.remove(node);
  }
  return order;
}

describe('a heap', () => {
  it('gives nodes out by key, then by order, whoever left or moved meanwhile', () => {
    const move = fc.record({ node: fc.nat(30), key: fc.nat(8), leave: fc.boolean() });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 120 }), (moves) => {
        const heap = new Heap<number>();
        const nodes: HeapNode<number>[] = Array.from({ length: 31 }, (_, item) => heapNode(item, item));
        const expected = new Map<number, number>();
        for (const { node, key, leave } of moves) {
          const moved = nodes[node];
          assert.ok(moved);
          if (leave) withdrawNode(moved);
          else heap.push(moved, key);
          if (leave) expected.delete(node);
          else expected.set(node, key);
        }
        assert.equal(heap.size, expected.size);
        const sorted = [...expected].sort(([a, x], [b, y]) => x - y || a - b).map(([item]) => item);
        assert.deepEqual(drain(heap), sorted);
      }),
    );
  });

  it('keeps the order of long runs with holes, and of what comes late', () => {
    const plan = fc.record({ late: fc.array(fc.nat(999)), gone: fc.array(fc.nat(999), { maxLength: 950 }) });
    fc.assert(
      fc.property(plan, ({ late, gone }) => {
        const heap = new Heap<number>();
        const nodes = Array.from({ length: 1000 }, (_, item) => heapNode(item, item));
        const left = new Set(nodes);
        for (const node of nodes) heap.push(node, node.item);
        for (const item of gone) {
          const node = nodes[item];
          if (!node) continue;
          withdrawNode(node);
          left.delete(node);
        }
        for (const item of late) {
          const node = nodes[item];
          if (node?.heap) heap.push(node, item);
        }
        assert.equal(heap.values().length, left.size);
        assert.deepEqual(
          drain(heap),
          [...left].map(({ item }) => item).sort((a, b) => a - b),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('forgets where a node stood once it has left', () => {
    const heap = new Heap<string>();
    const node = heapNode('only', 1);
    heap.push(node, 5);
    withdrawNode(node);
    withdrawNode(node);
    assert.equal(heap.size, 0);
    assert.equal(node.heap, undefined);
  });
});
