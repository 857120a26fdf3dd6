import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type AssignableMember, assignSticky, type Ownership } from './assignment.ts';

const PARTITIONS = 12;
const NOTHING: Ownership = [];
const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 6 });
const able = fc.option(fc.uniqueArray(fc.nat(PARTITIONS - 1)), { nil: undefined });

/** Members of distinct names, some of which can take certain partitions only. */
const group = names.chain((each) =>
  fc.tuple(...each.map((name) => able.map((partitions): AssignableMember => ({ name, able: partitions })))),
);

/** A group that loses and wins members, one change after the other. */
const history = fc.array(group, { minLength: 1, maxLength: 5 });

/** Who has each partition after the members became these. */
function ownersOf(members: readonly AssignableMember[], before: Ownership): readonly (string | null)[] {
  return assignSticky(members, PARTITIONS, before).members.map((member) => member?.name ?? null);
}

function afterAll(groups: readonly (readonly AssignableMember[])[]): Ownership {
  return groups.reduce((before, members) => assignSticky(members, PARTITIONS, before).ownership, NOTHING);
}

function loadsOf(members: readonly AssignableMember[], owners: readonly (string | null)[]): readonly number[] {
  return members.map(({ name }) => owners.filter((owner) => owner === name).length);
}

const plain = (...each: readonly string[]): AssignableMember[] => each.map((name) => ({ name }));

describe('sticky assignment', () => {
  it('gives each partition to a member that can take it, and leaves none out that somebody can, whatever was before', () => {
    fc.assert(
      fc.property(history, group, (groups, members) => {
        const { members: owners } = assignSticky(members, PARTITIONS, afterAll(groups));
        for (const [partition, owner] of owners.entries()) {
          const able = members.filter((member) => member.able?.includes(partition) ?? true);
          assert.equal(owner !== undefined, able.length > 0);
          if (owner) assert.ok(able.includes(owner));
        }
      }),
    );
  });

  it('spreads partitions evenly over members that can take any, whatever was before', () => {
    fc.assert(
      fc.property(history, names, (groups, some) => {
        const members = plain(...some);
        const loads = loadsOf(members, ownersOf(members, afterAll(groups)));
        assert.ok(Math.max(...loads) - Math.min(...loads) <= 1);
      }),
    );
  });

  it('evens out as far as members can: nobody could take one from a member that has two more', () => {
    fc.assert(
      fc.property(history, group, (groups, members) => {
        const owners = ownersOf(members, afterAll(groups));
        const loads = loadsOf(members, owners);
        for (const [partition, owner] of owners.entries()) {
          const has = loads[members.findIndex(({ name }) => name === owner)] ?? 0;
          for (const [i, member] of members.entries()) {
            const couldTake = member.able?.includes(partition) ?? true;
            assert.ok(owner === null || !couldTake || (loads[i] ?? 0) >= has - 1);
          }
        }
      }),
    );
  });

  it('moves nothing when nobody came or went, in whatever order members are told', () => {
    fc.assert(
      fc.property(history, group, (groups, members) => {
        const before = assignSticky(members, PARTITIONS, afterAll(groups)).ownership;
        assert.deepEqual(assignSticky([...members].reverse(), PARTITIONS, before).ownership, before);
      }),
    );
  });

  it('gives a member that restarts what it had, and moves nothing else', () => {
    fc.assert(
      fc.property(
        history,
        names.map((some) => plain(...some)),
        fc.nat(),
        (groups, members, which) => {
          const before = assignSticky(members, PARTITIONS, afterAll(groups)).ownership;
          const owners = ownersOf(members, before);
          const gone = members[which % members.length];
          const others = members.filter((member) => member !== gone);
          const standIns = ownersOf(others, before);
          for (const [partition, owner] of owners.entries()) {
            if (owner !== gone?.name) assert.equal(standIns[partition], owner, 'the others keep theirs meanwhile');
          }
          const without = assignSticky(others, PARTITIONS, before).ownership;
          assert.deepEqual(ownersOf(members, without), owners);
        },
      ),
    );
  });

  it('gives a new member its share, and takes no more than that from the others', () => {
    fc.assert(
      fc.property(names, (some) => {
        const members = plain(...some);
        const before = ownersOf(members, NOTHING);
        const known = assignSticky(members, PARTITIONS, NOTHING).ownership;
        const after = ownersOf([...members, { name: 'NEW' }], known);
        const moved = after.filter((owner, partition) => owner !== before[partition]);
        assert.ok(moved.every((owner) => owner === 'NEW'));
        assert.equal(moved.length, Math.floor(PARTITIONS / (members.length + 1)));
      }),
    );
  });

  it('gives a source back to the member that can bind it when that one returns, and to nobody else', () => {
    const bound: AssignableMember[] = [
      { name: 'a', able: [0, 1] },
      { name: 'b', able: [2, 3] },
    ];
    const both = assignSticky(bound, 4, NOTHING);
    const named = (members: readonly (AssignableMember | undefined)[]) => members.map((member) => member?.name);
    assert.deepEqual(named(both.members), ['a', 'a', 'b', 'b']);
    const alone = assignSticky(bound.slice(0, 1), 4, both.ownership);
    assert.deepEqual(named(alone.members), ['a', 'a', undefined, undefined]);
    assert.deepEqual(named(assignSticky(bound, 4, alone.ownership).members), ['a', 'a', 'b', 'b']);
  });
});
