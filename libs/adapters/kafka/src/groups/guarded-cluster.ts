import type { Broker, Cluster } from 'kafkajs';
import { causeOf } from '../client/errors.ts';

/** Requests of the group protocol, which the types of kafkajs leave out. */
export interface GroupBroker extends Broker {
  joinGroup(request: object): Promise<{ readonly generationId: number; readonly memberId: string }>;
  syncGroup(request: object): Promise<{ readonly memberAssignment: Buffer }>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
  heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
}

interface CommitRequest {
  readonly topics: readonly {
    readonly partitions: readonly { readonly partition: number; readonly offset: unknown }[];
  }[];
}

/** What a member of a group wants to hear of the requests that kafkajs makes for it. */
export interface GroupRequests {
  /** Before the member tells the group that it is ready for another assignment. */
  beforeJoin(coordinator: GroupBroker): Promise<void>;
  /** Whether the member has given its partitions up for another assignment that it has not got yet. */
  isJoinDue(): boolean;
  joined(generation: { readonly generationId: number; readonly memberId: string }): void;
  synced(memberAssignment: Buffer): void;
  /** A broker does not hold the offset that was to be fetched. */
  outOfRange(partition: number): void;
  /** Resolves when it is time to fetch from the broker again. */
  beforeFetch(broker: Broker): Promise<void>;
  /** A leader has moved and is not known yet: resolves when it is time to ask again. */
  leaderMoved(): Promise<void>;
}

/**
 * What kafkajs takes for a broker's word that the group is sharing out its partitions: it joins. When a coordinator
 * that is still loading the group refuses to let a member join, kafkajs gives joining up and reads on under the old
 * assignment, which the group still knows; but its partitions are revoked here, and what it read would reach nobody.
 */
class JoinDueError extends Error {
  override readonly name = 'JoinDueError';
  readonly type = 'REBALANCE_IN_PROGRESS';
  readonly retriable = true;
}

/** A consumer that was given up, since it did nothing more, wakes up: it must not be a member beside its successor. */
class ReplacedError extends Error {
  override readonly name = 'ReplacedError';
  readonly retriable = false;
}

/** What a broker answers to a fetch of a partition that it does not lead, or not yet. */
const MOVED_TYPES = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
]);

/**
 * Puts `requests` between a kafkajs consumer and its brokers. kafkajs has no hook that is awaited before a member
 * gives its partitions up, and on an offset out of range it commits "the beginning" over the group's position and
 * goes on from there; here the first waits for the handlers, and no commit of kafkajs's own goes out at all. And where a leader has
 * moved kafkajs has the whole group share out its partitions anew, although nobody came or went; here it asks again.
 *
 * @param isCurrent false once another consumer has taken the place of this one, which then joins no group any more
 */
export function guardCluster(cluster: Cluster, requests: GroupRequests, isCurrent = (): boolean => true): void {
  const guarded = new WeakMap<Broker, Broker>();
  const guard = (broker: Broker): Broker => {
    let found = guarded.get(broker);
    if (!found) {
      found = guardBroker(cluster, broker as GroupBroker, requests, isCurrent);
      guarded.set(broker, found);
    }
    return found;
  };
  const findBroker = cluster.findBroker.bind(cluster);
  // The coordinator is found by way of findBroker, and so is guarded too.
  cluster.findBroker = async (node) => guard(await findBroker(node));
}

function guardBroker(cluster: Cluster, broker: GroupBroker, requests: GroupRequests, isCurrent: () => boolean): Broker {
  const instead: Partial<Record<PropertyKey, unknown>> = {
    joinGroup: async (request: object) => {
      if (!isCurrent()) throw new ReplacedError('another consumer has taken the place of this one');
      await requests.beforeJoin(broker);
      const generation = await broker.joinGroup(request);
      requests.joined(generation);
      return generation;
    },
    syncGroup: async (request: object) => {
      const answer = await broker.syncGroup(request);
      requests.synced(answer.memberAssignment);
      return answer;
    },
    offsetCommit: async ({ topics }: CommitRequest) => {
      for (const { partitions } of topics) for (const { partition } of partitions) requests.outOfRange(partition);
    },
  };
  const checkJoined = (): void => {
    if (requests.isJoinDue()) throw new JoinDueError('the member has no assignment until it has joined again');
  };
  instead.heartbeat = async (request: Parameters<GroupBroker['heartbeat']>[0]) => {
    checkJoined();
    return broker.heartbeat(request);
  };
  instead.fetch = async (request: Parameters<Broker['fetch']>[0]) => {
    checkJoined();
    await requests.beforeFetch(broker);
    try {
      return await broker.fetch(request);
    } catch (error) {
      if (!MOVED_TYPES.has(causeOf(error).type ?? '')) throw error;
      await requests.leaderMoved();
      await cluster.refreshMetadata();
      return { responses: [] };
    }
  };
  return new Proxy(broker, {
    get: (target, key) => {
      if (key in instead) return instead[key];
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
