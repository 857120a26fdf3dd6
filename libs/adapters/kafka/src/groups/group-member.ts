import type { Topic } from '@penstock/events';
import { type Bounds, type Consumer, OffsetOutOfRangeError } from '@penstock/ports';
import type { Broker, Kafka, Consumer as KafkaConsumer } from 'kafkajs';
import type { ClusterAccess } from '../client/cluster-access.ts';
import { causeOf, isCoordinatorAway, isPermanent } from '../client/errors.ts';
import type { LogSettings } from '../options.ts';
import type { TopicTable } from '../topics/topic-table.ts';
import { type KnownOwnership, NOTHING_KNOWN, ownershipOf, stickyAssigner } from './assigner.ts';
import { FetchPace } from './fetch-pace.ts';
import { type GroupBroker, guardCluster } from './guarded-cluster.ts';
import { MemberCommits } from './member-commits.ts';
import { PartitionPump } from './partition-pump.ts';

export interface MemberDeps {
  readonly kafka: Kafka;
  readonly access: ClusterAccess;
  readonly topics: TopicTable;
  readonly settings: LogSettings;
  readonly onFatal: (error: Error) => void;
}

const FIRST_RESTART_MS = 200;
const MAX_RESTART_MS = 10_000;
const LEADER_WAIT_MS = 50;

/** One member of a group: its kafkajs consumer, made anew when it crashed, and what it holds. */
export class GroupMember<T extends Topic> {
  readonly groupId: string;
  private readonly topic: string;
  private consumer: KafkaConsumer | undefined;
  private pumps = new Map<number, PartitionPump<T>>();
  private drained: Promise<unknown> = Promise.resolve();
  private generation: { readonly generationId: number; readonly memberId: string } | undefined;
  private commits: MemberCommits | undefined;
  private known: KnownOwnership = NOTHING_KNOWN;
  private readonly pace: FetchPace;
  private left = false;
  private crashes = 0;
  private isRetriable = false;
  private resolveJoined: () => void = () => {};
  private rejectJoined: (error: Error) => void = () => {};

  constructor(
    private readonly deps: MemberDeps,
    private readonly wanted: Consumer<T>,
    groupId: string,
  ) {
    this.groupId = groupId;
    this.topic = deps.topics.nameOf(wanted.topic);
    this.pace = new FetchPace(deps.settings, wanted.mayLagMs ?? deps.settings.times.fetchPaceMs);
  }

  /** Resolves when the group has assigned partitions to this member and the handler has answered for each. */
  async join(): Promise<void> {
    const joined = new Promise<void>((resolve, reject) => {
      this.resolveJoined = resolve;
      this.rejectJoined = reject;
    });
    await Promise.all([joined, this.start()]);
  }

  /** The commits of the assignment that holds the partition now. */
  commitsFor(partition: number): MemberCommits | undefined {
    return this.commits?.holds(partition) ? this.commits : undefined;
  }

  async leave(): Promise<void> {
    this.left = true;
    await this.revokeAll();
    await this.consumer?.disconnect();
  }

  private async start(): Promise<void> {
    const { settings, topics } = this.deps;
    const { times } = settings;
    const consumer = this.deps.kafka.consumer({
      groupId: this.groupId,
      allowAutoTopicCreation: false,
      sessionTimeout: times.sessionTimeoutMs,
      rebalanceTimeout: times.rebalanceTimeoutMs,
      heartbeatInterval: times.heartbeatMs,
      maxWaitTimeInMs: times.fetchWaitMs,
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 12, restartOnFailure: () => this.mayRestart() },
      partitionAssigners: [
        ({ cluster }) => {
          guardCluster(cluster, this);
          return stickyAssigner({
            topic: this.topic,
            memberName: settings.memberName,
            able: this.wanted.partitions,
            known: () => this.known,
            partitionCount: () => topics.of(this.wanted.topic).partitions,
          });
        },
      ],
    });
    this.consumer = consumer;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => this.assigned(payload.memberAssignment[this.topic] ?? []));
    consumer.on(consumer.events.CRASH, ({ payload }) => this.crashed(payload.error));
    await consumer.connect();
    await consumer.subscribe({ topic: this.topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => this.pumps.get(batch.partition)?.offer(batch.messages),
    });
  }

  /** Waits for the handlers, and keeps the session alive while it does; see GroupRequests. */
  async beforeJoin(coordinator: GroupBroker): Promise<void> {
    const { settings } = this.deps;
    let waiting = true;
    const drained = this.revokeAll().finally(() => {
      waiting = false;
    });
    const beat = async (): Promise<void> => {
      while (waiting) {
        const { generation } = this;
        if (generation) {
          const request = { groupId: this.groupId, groupGenerationId: generation.generationId };
          // The answer says that the group is rebalancing, which is why we are here.
          await coordinator.heartbeat({ ...request, memberId: generation.memberId }).catch(() => undefined);
        }
        await Promise.race([drained, settings.timers.sleep(settings.times.heartbeatMs)]);
      }
    };
    if (this.pumps.size > 0 || this.commits) void beat().catch(() => undefined);
    await drained;
  }

  joined(generation: { readonly generationId: number; readonly memberId: string }): void {
    this.generation = generation;
  }

  synced(memberAssignment: Buffer): void {
    this.known = ownershipOf(memberAssignment) ?? this.known;
  }

  outOfRange(partition: number): void {
    const what = `${this.wanted.topic}-${partition} does not hold the offset that is due`;
    this.pumps.get(partition)?.fail(new OffsetOutOfRangeError(what));
  }

  beforeFetch(broker: Broker): Promise<void> {
    return this.pace.turn(broker);
  }

  leaderMoved(): Promise<void> {
    return this.deps.settings.timers.sleep(LEADER_WAIT_MS);
  }

  pause(partition: number): void {
    // Between two consumers, or after the last, there is nothing to hold back.
    this.onConsumer((consumer) => consumer.pause([{ topic: this.topic, partitions: [partition] }]));
  }

  resume(partition: number): void {
    this.onConsumer((consumer) => consumer.resume([{ topic: this.topic, partitions: [partition] }]));
  }

  private onConsumer(act: (consumer: KafkaConsumer) => void): void {
    if (!this.consumer) return;
    try {
      act(this.consumer);
    } catch (error) {
      this.deps.settings.telemetry.log('debug', 'kafka_consumer_away', { group: this.groupId, error: String(error) });
    }
  }

  /** kafkajs calls this before it fetches: nothing may be fetched before the handler has said from where. */
  private assigned(partitions: readonly number[]): void {
    if (this.left) return;
    this.consumer?.pause([{ topic: this.topic, partitions: [...partitions] }]);
    this.crashes = 0;
    const { access, settings } = this.deps;
    const { generationId = -1, memberId = '' } = this.generation ?? {};
    const assignment = { groupId: this.groupId, topic: this.topic, generationId, memberId };
    this.commits = new MemberCommits({ ...assignment, partitions: new Set(partitions) }, access, settings.telemetry);
    settings.telemetry.log('info', 'kafka_assigned', { group: this.groupId, partitions });
    const pumps = partitions.map((partition) => {
      const pump = new PartitionPump({
        topic: this.wanted.topic,
        partition,
        handler: this.wanted.handler,
        valve: this,
        gapsAllowed: this.deps.topics.of(this.wanted.topic).compacted,
      });
      this.pumps.set(partition, pump);
      return this.open(partition, pump);
    });
    void Promise.all(pumps).then(() => this.resolveJoined());
  }

  /** Never rejects: what goes wrong stops the partition. */
  private async open(partition: number, pump: PartitionPump<T>): Promise<void> {
    const start = await pump.begin();
    if (start === undefined) return;
    try {
      const { begin, end } = await this.boundsWhile(partition, pump);
      if (start < begin || start > end) {
        const what = `${this.wanted.topic}-${partition} holds offsets ${begin} to ${end}, not ${start}`;
        throw new OffsetOutOfRangeError(what);
      }
      if (!pump.isOpen) return;
      this.consumer?.seek({ topic: this.topic, partition, offset: String(start) });
      pump.opened();
      this.resume(partition);
    } catch (error) {
      pump.fail(error);
    }
  }

  /** A broker that is away is no reason to stop a partition: it is asked for as long as the partition is ours. */
  private async boundsWhile(partition: number, pump: PartitionPump<T>): Promise<Bounds> {
    for (;;) {
      try {
        return await this.deps.access.bounds(this.topic, partition);
      } catch (error) {
        if (isPermanent(error) || !pump.isOpen) throw error;
      }
    }
  }

  /** Resolves when every handler has returned, its partitions are revoked and its commits are out. */
  private revokeAll(): Promise<unknown> {
    const pumps = [...this.pumps.values()];
    const { commits } = this;
    this.pumps.clear();
    const before = this.drained;
    this.drained = (async () => {
      await before;
      await Promise.all(pumps.map((pump) => pump.stop()));
      await commits?.end();
      if (this.commits === commits) this.commits = undefined;
    })();
    return this.drained;
  }

  private async mayRestart(): Promise<boolean> {
    this.isRetriable = true;
    return false;
  }

  /** kafkajs has ended the consumer. Another takes its place, unless there is no point in it. */
  private async crashed(error: Error): Promise<void> {
    const { settings, onFatal } = this.deps;
    const isRetriable = this.isRetriable || isCoordinatorAway(error);
    this.isRetriable = false;
    this.crashes++;
    const told = { group: this.groupId, error: String(causeOf(error)), crashes: this.crashes };
    settings.telemetry.log(isRetriable ? 'warn' : 'error', 'kafka_consumer_crashed', told);
    this.commits?.abandon();
    await this.revokeAll();
    if (this.left) return;
    if (!isRetriable) {
      this.rejectJoined(error);
      onFatal(error);
      return;
    }
    await settings.timers.sleep(Math.min(MAX_RESTART_MS, FIRST_RESTART_MS * 2 ** Math.min(10, this.crashes)));
    await this.forgetMember();
    if (this.left) return;
    await this.start().catch((failure: Error) => this.startFailed(failure));
  }

  /** The consumer that crashed could not say goodbye when its coordinator was away: the group would wait for it. */
  private async forgetMember(): Promise<void> {
    const { generation } = this;
    if (!generation || this.left) return;
    this.generation = undefined;
    const told = { group: this.groupId, generation: generation.generationId };
    try {
      await this.deps.access.leave(this.groupId, generation.memberId, () => !this.left);
    } catch (error) {
      // Mostly because the group has forgotten the member already; else its session ends by itself.
      this.deps.settings.telemetry.log('debug', 'kafka_member_not_left', { ...told, error: String(error) });
    }
  }

  private async startFailed(error: Error): Promise<void> {
    await this.consumer?.disconnect().catch(() => undefined);
    this.isRetriable = causeOf(error).retriable !== false;
    await this.crashed(error);
  }
}
