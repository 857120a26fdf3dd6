import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Assignable, assignPartitions } from './assignment.ts';

const PARTITIONS = 8;
const member = fc.oneof(
  fc.constant<Assignable>({}),
  fc.array(fc.nat(PARTITIONS - 1), { maxLength: PARTITIONS }).map((partitions): Assignable => ({ partitions })),
);
const members = fc.array(member, { maxLength: 5 });

describe('assignment of partitions', () => {
  it('gives each partition to a member that can take it, and leaves none out that somebody can', () => {
    fc.assert(
      fc.property(members, (group) => {
        const assigned = assignPartitions(group, PARTITIONS, () => undefined);
        for (const [partition, owner] of assigned.entries()) {
          const able = group.filter(({ partitions }) => !partitions || partitions.includes(partition));
          assert.equal(owner !== undefined, able.length > 0);
          if (owner) assert.ok(able.includes(owner));
        }
      }),
    );
  });

  it('spreads partitions evenly over members that can take any', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: PARTITIONS }), (count) => {
        const group: Assignable[] = Array.from({ length: count }, () => ({}));
        const assigned = assignPartitions(group, PARTITIONS, () => undefined);
        const loads = group.map((each) => assigned.filter((owner) => owner === each).length);
        assert.ok(Math.max(...loads) - Math.min(...loads) <= 1);
      }),
    );
  });

  it('moves nothing when nobody came or went', () => {
    fc.assert(
      fc.property(members, (group) => {
        const before = assignPartitions(group, PARTITIONS, () => undefined);
        assert.deepEqual(
          assignPartitions(group, PARTITIONS, (partition) => before[partition]),
          before,
        );
      }),
    );
  });
});
