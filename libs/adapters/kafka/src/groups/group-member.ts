import type { Topic } from '@penstock/events';
import { type Consumer, OffsetOutOfRangeError } from '@penstock/ports';
import type { Broker, Consumer as KafkaConsumer } from 'kafkajs';
import { causeOf, isCoordinatorAway } from '../client/errors.ts';
import { withinTime } from '../client/within-time.ts';
import { type KnownOwnership, NOTHING_KNOWN, ownershipOf, stickyAssigner } from './assigner.ts';
import { restartDelayMs, tellCrash } from './crash.ts';
import { FetchPace } from './fetch-pace.ts';
import { type GroupBroker, guardCluster } from './guarded-cluster.ts';
import { MemberCommits } from './member-commits.ts';
import type { MemberDeps } from './member-deps.ts';
import { openPartition } from './opening.ts';
import { PartitionPump } from './partition-pump.ts';
import { keepSession, type MemberGeneration } from './session.ts';
import { StallWatch } from './stall-watch.ts';

const LEADER_WAIT_MS = 50;

/** One member of a group: its kafkajs consumer, made anew when it crashed, and what it holds. */
export class GroupMember<T extends Topic> {
  readonly groupId: string;
  private readonly topic: string;
  private consumer: KafkaConsumer | undefined;
  private pumps = new Map<number, PartitionPump<T>>();
  private drained: Promise<unknown> = Promise.resolve();
  private generation: MemberGeneration | undefined;
  private commits: MemberCommits | undefined;
  private known: KnownOwnership = NOTHING_KNOWN;
  private readonly pace: FetchPace;
  private readonly watch: StallWatch;
  /** Counts the consumers: what an earlier one still says does not matter any more. */
  private turn = 0;
  private joinDue = false;
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
    this.watch = new StallWatch(this, deps.settings, deps.settings.times.stallMs);
    this.watch.start();
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
    this.watch.end();
    await this.revokeAll();
    await this.disconnect();
  }

  private async disconnect(): Promise<void> {
    const { timers, times } = this.deps.settings;
    // A consumer that waits for something may not come to an end by itself.
    if (this.consumer) await withinTime(timers, times.requestTimeoutMs, this.consumer.disconnect());
  }

  private async start(): Promise<void> {
    const { settings, topics } = this.deps;
    const { times } = settings;
    const turn = ++this.turn;
    const isCurrent = (): boolean => turn === this.turn;
    this.joinDue = false;
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
          guardCluster(cluster, this, isCurrent);
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
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (isCurrent()) this.assigned(payload.memberAssignment[this.topic] ?? []);
    });
    consumer.on(consumer.events.CRASH, async ({ payload }) => {
      if (isCurrent()) await this.crashed(payload.error);
    });
    await consumer.connect();
    await consumer.subscribe({ topic: this.topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch, isStale }) => {
        if (isCurrent() && !isStale()) this.pumps.get(batch.partition)?.offer(batch.messages);
      },
    });
  }

  /** Waits for the handlers, and keeps the session alive while it does; see GroupRequests. */
  async beforeJoin(coordinator: GroupBroker): Promise<void> {
    const { settings } = this.deps;
    this.joinDue = true;
    const isMember = this.pumps.size > 0 || this.commits !== undefined;
    const drained = this.revokeAll();
    if (isMember) keepSession(drained, coordinator, { ...settings, groupId: this.groupId, of: () => this.generation });
    await drained;
  }

  isJoinDue(): boolean {
    return this.joinDue;
  }

  joined(generation: MemberGeneration): void {
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

  seek(partition: number, offset: number): void {
    this.onConsumer((consumer) => consumer.seek({ topic: this.topic, partition, offset: String(offset) }));
  }

  awaited(): ReadonlyMap<number, number> {
    const all = [...this.pumps].map(([partition, { awaits }]) => [partition, awaits] as const);
    return new Map(all.filter((each): each is readonly [number, number] => each[1] !== undefined));
  }

  async ends(partitions: readonly number[]): Promise<readonly number[]> {
    return (await this.deps.access.allBounds(this.topic, partitions)).map(({ end }) => end);
  }

  stalled(partitions: readonly number[]): void {
    this.deps.settings.telemetry.log('error', 'kafka_consumer_stalled', { group: this.groupId, partitions });
    this.turn++;
    const replaced = this.revokeAll().then(async () => {
      await this.disconnect();
      await this.restart();
    });
    void replaced.catch((error: Error) => this.crashed(error));
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
    this.joinDue = false;
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
      return openPartition(pump, {
        topic: this.wanted.topic,
        group: this.wanted.group,
        partition,
        bounds: () => access.bounds(this.topic, partition),
        valve: this,
      });
    });
    void Promise.all(pumps).then(() => this.resolveJoined());
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
    this.turn++;
    this.crashes++;
    tellCrash(settings.telemetry, { group: this.groupId, error, crashes: this.crashes, isRetriable });
    this.commits?.abandon();
    await this.revokeAll();
    if (this.left) return;
    if (!isRetriable) {
      this.rejectJoined(error);
      onFatal(error);
      return;
    }
    await settings.timers.sleep(restartDelayMs(this.crashes));
    await this.restart();
  }

  private async restart(): Promise<void> {
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
    await this.disconnect().catch(() => undefined);
    this.isRetriable = causeOf(error).retriable !== false;
    await this.crashed(error);
  }
}
