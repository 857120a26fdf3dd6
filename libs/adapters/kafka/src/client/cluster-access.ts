import { type Bounds, OffsetOutOfRangeError } from '@penstock/ports';
import type { Broker, Cluster, Kafka, KafkaMessage } from 'kafkajs';
import type { GroupBroker } from '../groups/guarded-cluster.ts';
import type { LogSettings } from '../options.ts';
import { isOutOfRange, isPermanent, LogAwayError } from './errors.ts';

/** Most bytes of one read. */
const MAX_READ_BYTES = 4_194_304;
const MIN_READ_BYTES = 65_536;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;

/** What a partition answered to a fetch. */
export interface FetchedPartition {
  readonly highWatermark: string;
  readonly messages: readonly KafkaMessage[];
}

/**
 * Requests that kafkajs has no public client for: a read at any offset, offsets of a group this process is no member
 * of. kafkajs hands its cluster to partition assigners, so an assigner of a consumer that never runs fetches it.
 */
export class ClusterAccess {
  private readonly cluster: Cluster;

  constructor(
    kafka: Kafka,
    private readonly settings: LogSettings,
  ) {
    this.cluster = clusterOf(kafka);
  }

  async connect(topics: readonly string[]): Promise<void> {
    await this.cluster.connect();
    await this.cluster.addMultipleTargetTopics([...topics]);
  }

  close(): Promise<void> {
    return this.cluster.disconnect();
  }

  async bounds(topic: string, partition: number): Promise<Bounds> {
    const [all] = await this.allBounds(topic, [partition]);
    if (!all) throw new LogAwayError(`no broker told the bounds of ${topic}-${partition}`);
    return all;
  }

  /** Bounds of several partitions, in their order. */
  allBounds(topic: string, partitions: readonly number[]): Promise<readonly Bounds[]> {
    return this.retried(async () => {
      const asked = partitions.map((partition) => ({ partition }));
      const [begins, ends] = await Promise.all([
        this.cluster.fetchTopicsOffset([{ topic, partitions: asked, fromBeginning: true }]),
        this.cluster.fetchTopicsOffset([{ topic, partitions: asked, fromBeginning: false }]),
      ]);
      const find = (offsets: typeof begins, partition: number): number => {
        const found = offsets[0]?.partitions.find((each) => each.partition === partition);
        if (!found) throw new LogAwayError(`no broker told an offset of ${topic}-${partition}`);
        return Number(found.offset);
      };
      return partitions.map((partition) => ({ begin: find(begins, partition), end: find(ends, partition) }));
    });
  }

  /** What stands at `from` and after it; empty at the end. */
  async read(topic: string, partition: number, from: number, maxRecords: number): Promise<readonly KafkaMessage[]> {
    const maxBytes = Math.min(MAX_READ_BYTES, Math.max(MIN_READ_BYTES, maxRecords * 1024));
    const { messages } = await this.retried(() => this.fetch(topic, partition, from, maxBytes));
    const wanted: KafkaMessage[] = [];
    for (const message of messages) {
      // A fetch answers whole batches: the first may begin before the offset asked for.
      if (Number(message.offset) >= from && wanted.length < maxRecords) wanted.push(message);
    }
    return wanted;
  }

  committed(groupId: string, topic: string, partitions: readonly number[]): Promise<readonly (number | undefined)[]> {
    return this.retried(async () => {
      const coordinator = await this.cluster.findGroupCoordinator({ groupId });
      const asked = partitions.map((partition) => ({ partition, offset: '-1' }));
      const { responses } = await coordinator.offsetFetch({ groupId, topics: [{ topic, partitions: asked }] });
      const offsets = new Map(responses[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      return partitions.map((partition) => {
        const offset = offsets.get(partition) ?? -1;
        return offset < 0 ? undefined : offset;
      });
    });
  }

  /**
   * Commits as a member of a generation, or, with generation -1, for a group that has no members. Tried again while it
   * `isWanted`.
   */
  commit(commit: GroupCommit, isWanted: () => boolean = () => true): Promise<void> {
    return this.retried(async () => {
      const coordinator = await this.cluster.findGroupCoordinator({ groupId: commit.groupId });
      const partitions = [...commit.offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }));
      await coordinator.offsetCommit({
        groupId: commit.groupId,
        groupGenerationId: commit.generationId,
        memberId: commit.memberId,
        topics: [{ topic: commit.topic, partitions }],
      });
    }, isWanted);
  }

  /** Takes a member out of its group that will not come back, so that the others do not wait out its session. */
  leave(groupId: string, memberId: string, isWanted: () => boolean): Promise<void> {
    return this.retried(async () => {
      const coordinator = await this.cluster.findGroupCoordinator({ groupId });
      await (coordinator as GroupBroker).leaveGroup({ groupId, memberId });
    }, isWanted);
  }

  private async fetch(topic: string, partition: number, from: number, maxBytes: number): Promise<FetchedPartition> {
    const broker = await this.leaderOf(topic, partition);
    try {
      const answer: { responses: readonly { partitions: readonly FetchedPartition[] }[] } = await broker.fetch({
        maxWaitTime: 1,
        minBytes: 1,
        maxBytes,
        isolationLevel: 1,
        topics: [{ topic, partitions: [{ partition, fetchOffset: String(from), maxBytes }] }],
      });
      const found = answer.responses[0]?.partitions[0];
      if (!found) throw new LogAwayError(`a fetch did not answer for ${topic}-${partition}`);
      return found;
    } catch (error) {
      if (!isOutOfRange(error)) throw error;
      throw new OffsetOutOfRangeError(`${topic}-${partition} does not hold offset ${from}`, { cause: error });
    }
  }

  private async leaderOf(topic: string, partition: number): Promise<Broker> {
    await this.cluster.refreshMetadataIfNecessary();
    const [nodeId] = Object.keys(this.cluster.findLeaderForPartitions(topic, [partition]));
    if (nodeId === undefined) throw new LogAwayError(`no leader is known for ${topic}-${partition}`);
    return this.cluster.findBroker({ nodeId });
  }

  /** Leaders and coordinators move: what failed for that is done again, with fresh metadata, within the time of an append. */
  private async retried<R>(request: () => Promise<R>, isWanted: () => boolean = () => true): Promise<R> {
    const { clock, timers, times } = this.settings;
    const deadline = clock.monotonic() + times.appendTimeoutMs;
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(MAX_RETRY_MS, waitMs * 2)) {
      try {
        return await request();
      } catch (error) {
        if (isPermanent(error) || !isWanted() || clock.monotonic() + waitMs > deadline) throw error;
        this.forgetConnection(error);
      }
      await timers.sleep(waitMs);
      // A refresh that fails is tried again by the request itself.
      await this.cluster.refreshMetadata().catch(() => this.cluster.connect().catch(() => undefined));
    }
  }

  private forgetConnection(error: unknown): void {
    const { name, host, port } = error as { name?: string; host?: string; port?: number };
    if (name === 'KafkaJSConnectionClosedError' && host !== undefined && port !== undefined) {
      this.cluster.removeBroker({ host, port });
    }
  }
}

export interface GroupCommit {
  readonly groupId: string;
  readonly topic: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly offsets: ReadonlyMap<number, number>;
}

function clusterOf(kafka: Kafka): Cluster {
  let found: Cluster | undefined;
  kafka.consumer({
    groupId: 'never-joined',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster;
        return {
          name: 'never',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: 'never', metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  if (!found) throw new Error('kafkajs is not the release that this adapter guards (2.2.4): no cluster');
  return found;
}
