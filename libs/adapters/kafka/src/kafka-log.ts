import type { Topic } from '@penstock/events';
import type {
  AnyAppendBatch,
  AppendReceipt,
  Bounds,
  Consumer,
  EventLog,
  Membership,
  StoredRecord,
} from '@penstock/ports';
import { OffsetOutOfRangeError } from '@penstock/ports';
import type { GuardedProducer } from './append/guarded-producer.ts';
import type { PendingBatch, SendQueue } from './append/send-queue.ts';
import { GroupMember } from './groups/group-member.ts';
import type { MemberDeps } from './groups/member-deps.ts';
import { fromWire, toWire } from './records/wire.ts';

/** How far a group is behind in one partition. */
export interface PartitionLag {
  readonly partition: number;
  /** Next offset the group reads; the first one held where it never committed. */
  readonly committed: number;
  readonly end: number;
  readonly lag: number;
}

/** The log on Kafka. */
export interface KafkaLog extends EventLog {
  /** Topics whose records stand, or are acknowledged, on one broker alone, each with its copies; mostly none. */
  readonly singleReplica: readonly string[];
  /** How far the group is behind in each partition of the topic, by what it has committed. */
  lag(group: string, topic: Topic): Promise<readonly PartitionLag[]>;
  /** Leaves every group, waits for what is on its way and disconnects. */
  close(): Promise<void>;
}

export interface KafkaLogParts extends MemberDeps {
  readonly producer: GuardedProducer;
  readonly queue: SendQueue;
}

type AnyMember = { [T in Topic]: GroupMember<T> }[Topic];

export class KafkaEventLog implements KafkaLog {
  private readonly members = new Set<AnyMember>();
  /** Groups that this process was a member of: it commits for them as a member or not at all. */
  private readonly joinedGroups = new Set<string>();
  private isClosed = false;

  constructor(private readonly parts: KafkaLogParts) {}

  get singleReplica(): readonly string[] {
    return this.parts.topics.singleReplica;
  }

  partitionCount(topic: Topic): number {
    return this.parts.topics.of(topic).partitions;
  }

  async append(batches: readonly AnyAppendBatch[]): Promise<readonly AppendReceipt[]> {
    if (this.isClosed) throw new Error('the log is closed');
    const wired = batches.map((batch) => this.wired(batch));
    // Nothing is awaited up to here: appends reach their partitions in the order in which they were begun.
    const offsets = await Promise.all(
      wired.map(({ batch, messages, bytes }) => {
        if (messages.length === 0) return this.bounds(batch.topic, batch.partition).then(({ end }) => end);
        return this.enqueue(batch, messages, bytes);
      }),
    );
    return offsets.map((offset) => ({ offset }));
  }

  async read<T extends Topic>(
    topic: T,
    partition: number,
    from: number,
    maxRecords: number,
  ): Promise<readonly StoredRecord<T>[]> {
    this.parts.topics.check(topic, partition);
    if (from < 0) throw new OffsetOutOfRangeError(`${topic}-${partition} does not hold offset ${from}`);
    const messages = await this.parts.access.read(this.parts.topics.nameOf(topic), partition, from, maxRecords);
    return messages.map((message) => fromWire<T>(message));
  }

  async bounds(topic: Topic, partition: number): Promise<Bounds> {
    this.parts.topics.check(topic, partition);
    return this.parts.access.bounds(this.parts.topics.nameOf(topic), partition);
  }

  async committed(group: string, topic: Topic, partition: number): Promise<number | undefined> {
    const { access, topics } = this.parts;
    const [offset] = await access.committed(this.groupId(group, topic), topics.nameOf(topic), [partition]);
    return offset;
  }

  async commit(group: string, topic: Topic, partition: number, offset: number): Promise<void> {
    this.parts.topics.check(topic, partition);
    const groupId = this.groupId(group, topic);
    for (const member of this.members) {
      if (member.groupId !== groupId) continue;
      const commits = member.commitsFor(partition);
      if (commits) return commits.commit(partition, offset);
    }
    if (this.joinedGroups.has(groupId)) {
      this.parts.settings.telemetry.log('info', 'kafka_commit_after_revocation', { group: groupId, partition });
      return;
    }
    const offsets = new Map([[partition, offset]]);
    const name = this.parts.topics.nameOf(topic);
    await this.parts.access.commit({ groupId, topic: name, generationId: -1, memberId: '', offsets });
  }

  async join<T extends Topic>(consumer: Consumer<T>): Promise<Membership> {
    if (this.isClosed) throw new Error('the log is closed');
    const groupId = this.groupId(consumer.group, consumer.topic);
    const member = new GroupMember(this.parts, consumer, groupId);
    // A member is only ever asked for what does not depend on its topic.
    const known = member as unknown as AnyMember;
    this.members.add(known);
    this.joinedGroups.add(groupId);
    await member.join();
    return {
      leave: async () => {
        await member.leave();
        this.members.delete(known);
      },
    };
  }

  async lag(group: string, topic: Topic): Promise<readonly PartitionLag[]> {
    const { access, topics } = this.parts;
    const name = topics.nameOf(topic);
    const partitions = Array.from({ length: this.partitionCount(topic) }, (_, partition) => partition);
    const committed = await access.committed(this.groupId(group, topic), name, partitions);
    const bounds = await access.allBounds(name, partitions);
    return partitions.map((partition) => {
      const { begin, end } = bounds[partition] ?? { begin: 0, end: 0 };
      const position = Math.max(begin, committed[partition] ?? begin);
      return { partition, committed: position, end, lag: Math.max(0, end - position) };
    });
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await Promise.all([...this.members].map((member) => member.leave()));
    this.members.clear();
    await this.parts.queue.settled();
    await Promise.all([this.parts.producer.close(), this.parts.access.close()]);
  }

  /** A group of Kafka's has one topic: joining or leaving one topic's readers disturbs no other's. */
  private groupId(group: string, topic: Topic): string {
    return `${this.parts.settings.prefix}${group}.${topic}`;
  }

  private wired(batch: AnyAppendBatch) {
    const { topics } = this.parts;
    topics.check(batch.topic, batch.partition);
    const records = batch.records.map(toWire);
    const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
    const { maxBatchBytes } = topics.of(batch.topic);
    if (bytes > maxBatchBytes) {
      throw new RangeError(
        `a batch of ${bytes} bytes for ${batch.topic}-${batch.partition} is more than the topic takes at once ` +
          `(${maxBatchBytes}, from its max.message.bytes), and a batch is never split`,
      );
    }
    return { batch, messages: records.map(({ message }) => message), bytes };
  }

  private enqueue(batch: AnyAppendBatch, messages: PendingBatch['messages'], bytes: number): Promise<number> {
    const { queue, settings, topics } = this.parts;
    const now = settings.clock.monotonic();
    const lingerMs = isAcceptance(batch) ? settings.lingers.acceptanceMs : settings.lingers.otherMs;
    return new Promise((resolve, reject) => {
      const deadline = now + settings.times.appendTimeoutMs;
      const pending = { messages, bytes, dueAt: now + lingerMs, deadline, resolve, reject };
      queue.add(topics.nameOf(batch.topic), batch.partition, pending);
    });
  }
}

/** Somebody waits at the door for these. */
function isAcceptance(batch: AnyAppendBatch): boolean {
  if (batch.topic === 'mail.submissions' || batch.topic === 'mail.directory') return true;
  return batch.topic === 'mail.events' && batch.records[0]?.type === 'processed';
}
