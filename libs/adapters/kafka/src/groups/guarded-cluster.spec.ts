import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Broker, Cluster } from 'kafkajs';
import { type GroupBroker, type GroupRequests, guardCluster } from './guarded-cluster.ts';

/** A coordinator that does as it is told, and a member behind the guard. */
async function rig(joinGroup: () => Promise<{ generationId: number; memberId: string }>) {
  const seen: string[] = [];
  const broker = {
    joinGroup,
    heartbeat: async () => void seen.push('heartbeat'),
    fetch: async () => ({ responses: [seen.push('fetch')] }),
  } as unknown as Broker;
  const cluster = { findBroker: async () => broker } as unknown as Cluster;
  let due = false;
  const requests: GroupRequests = {
    beforeJoin: async () => {
      due = true;
    },
    isJoinDue: () => due,
    joined: () => {
      due = false;
    },
    synced: () => {},
    outOfRange: () => {},
    beforeFetch: async () => {},
    leaderMoved: async () => {},
  };
  guardCluster(cluster, requests);
  const guarded = (await cluster.findBroker({ nodeId: '1' })) as GroupBroker;
  const heartbeat = () => guarded.heartbeat({ groupId: 'g', groupGenerationId: 1, memberId: 'm' });
  const fetch = () => guarded.fetch({ maxWaitTime: 1, minBytes: 1, maxBytes: 1, topics: [] } as never);
  return { guarded, heartbeat, fetch, seen };
}

describe('a member whose partitions were given up for an assignment that it did not get', () => {
  it('neither fetches nor stays in its group under the old one: it joins', async () => {
    let loading = true;
    const { guarded, heartbeat, fetch, seen } = await rig(async () => {
      if (loading) throw Object.assign(new Error('loading'), { type: 'GROUP_LOAD_IN_PROGRESS' });
      return { generationId: 2, memberId: 'm' };
    });
    await heartbeat();
    await fetch();
    await assert.rejects(guarded.joinGroup({}), /loading/);
    // What kafkajs calls a rebalance, upon which it joins.
    const rebalance = { type: 'REBALANCE_IN_PROGRESS' };
    await assert.rejects(heartbeat(), rebalance);
    await assert.rejects(fetch(), rebalance);
    loading = false;
    await guarded.joinGroup({});
    await heartbeat();
    await fetch();
    assert.deepEqual(seen, ['heartbeat', 'fetch', 'heartbeat', 'fetch']);
  });
});
