import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GroupCommit } from '../client/cluster-access.ts';
import { MemberCommits } from './member-commits.ts';

const GENERATION = { groupId: 'g', topic: 't', generationId: 7, memberId: 'm', partitions: new Set([0, 1]) };

function rig(answer: (commit: GroupCommit, n: number) => Promise<void> = async () => {}) {
  const sent: GroupCommit[] = [];
  const events: string[] = [];
  const access = { commit: (commit: GroupCommit) => answer(commit, sent.push(commit)) };
  const commits = new MemberCommits(GENERATION, access, { log: (_level, event) => void events.push(event) });
  return { commits, sent, events, offsets: () => sent.map(({ offsets }) => Object.fromEntries(offsets)) };
}

describe('commits of an assignment', () => {
  it('carry the generation they were made under, one request at a time, with the newest positions', async () => {
    const { commits, sent, offsets } = rig();
    await Promise.all([commits.commit(0, 1), commits.commit(0, 2), commits.commit(1, 5)]);
    await commits.commit(0, 3);
    assert.deepEqual(offsets(), [{ 0: 2, 1: 5 }, { 0: 3 }]);
    assert.ok(sent.every(({ generationId, memberId }) => generationId === 7 && memberId === 'm'));
  });

  it('go out before the assignment ends, and not after', async () => {
    const { commits, offsets } = rig();
    const asked = commits.commit(0, 1);
    await commits.end();
    await asked;
    await commits.commit(0, 2);
    assert.deepEqual(offsets(), [{ 0: 1 }]);
    assert.ok(!commits.holds(0));
  });

  it('are over when a broker says that the group went on without the member', async () => {
    const error = Object.assign(new Error('generation'), { type: 'ILLEGAL_GENERATION' });
    const { commits, events, offsets } = rig(() => Promise.reject(error));
    await commits.commit(0, 1);
    await commits.commit(0, 2);
    assert.deepEqual(offsets(), [{ 0: 1 }]);
    assert.deepEqual(events, ['kafka_commit_after_revocation']);
  });

  it('stop nobody by failing: the next one carries the newer position', async () => {
    const { commits, events, offsets } = rig(async (_commit, n) => {
      if (n === 1) throw new Error('no coordinator');
    });
    await commits.commit(0, 1);
    await commits.commit(0, 2);
    assert.deepEqual(offsets(), [{ 0: 1 }, { 0: 2 }]);
    assert.deepEqual(events, ['kafka_commit_failed']);
  });

  it('of partitions that are another member’s do not go out', async () => {
    const { commits, sent } = rig();
    await commits.commit(2, 1);
    assert.equal(sent.length, 0);
  });
});
