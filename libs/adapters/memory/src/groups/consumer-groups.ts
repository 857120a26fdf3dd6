import type { Topic } from '@penstock/events';
import type { Consumer, Membership } from '@penstock/ports';
import { assignPartitions } from './assignment.ts';
import { PartitionReader } from './partition-reader.ts';
import type { PartitionSource } from './partition-source.ts';

/** Most records a handler gets at once. */
export const MAX_BATCH_RECORDS = 1000;

/** A membership whose process can die. */
export interface GroupMembership extends Membership {
  /** Resolves once the member's partitions are assigned. */
  readonly joined: Promise<void>;
  /** The member's process is gone: its partitions go to others at once, its handlers hear nothing more. */
  abandon(): void;
}

interface Member {
  readonly consumer: Consumer;
  readonly source: PartitionSource;
  readonly partitions: readonly number[] | undefined;
  left: boolean;
}

interface Holding {
  readonly member: Member;
  readonly reader: PartitionReader<Topic>;
}

interface Group {
  readonly topic: Topic;
  members: Member[];
  readonly holdings: Map<number, Holding>;
  /** Changes of the assignment, one after the other. */
  rebalanced: Promise<void>;
}

/**
 * Consumer groups of a log that lives in this process: each partition of a topic is read by one member of a
 * group, and moves when members come and go.
 */
export class ConsumerGroups {
  private readonly groups = new Map<string, Group>();

  constructor(private readonly maxBatchRecords = MAX_BATCH_RECORDS) {}

  /** Resolves once the member's partitions, if there are any for it, are assigned. */
  async join<T extends Topic>(consumer: Consumer<T>, source: PartitionSource): Promise<Membership> {
    const membership = this.enter(consumer, source);
    await membership.joined;
    return membership;
  }

  /** As `join`, but answers at once: who dies while it joins must be abandoned too. */
  enter<T extends Topic>(consumer: Consumer<T>, source: PartitionSource): GroupMembership {
    const group = this.group(consumer.group, consumer.topic);
    // A handler is only ever called with the records of its own topic, which is the group's.
    const member: Member = {
      consumer: consumer as unknown as Consumer,
      source,
      partitions: consumer.partitions,
      left: false,
    };
    group.members.push(member);
    return {
      joined: this.rebalance(group),
      leave: () => this.leave(group, member),
      abandon: () => this.abandon(group, member),
    };
  }

  private group(name: string, topic: Topic): Group {
    const key = `${name} ${topic}`;
    let group = this.groups.get(key);
    if (!group) {
      group = { topic, members: [], holdings: new Map(), rebalanced: Promise.resolve() };
      this.groups.set(key, group);
    }
    return group;
  }

  private rebalance(group: Group): Promise<void> {
    group.rebalanced = group.rebalanced.then(() => this.reassign(group));
    return group.rebalanced;
  }

  private async reassign(group: Group): Promise<void> {
    const count = group.members[0]?.source.partitionCount(group.topic) ?? 0;
    const owner = (partition: number) => group.holdings.get(partition)?.member;
    const target = assignPartitions(group.members, count, owner);
    const moving = [...group.holdings].filter(([partition, { member }]) => target[partition] !== member);
    await Promise.all(moving.map(([, { reader }]) => reader.stop()));
    for (const [partition, holding] of moving) {
      if (group.holdings.get(partition) === holding) group.holdings.delete(partition);
    }
    const started: PartitionReader<Topic>[] = [];
    for (const [partition, member] of target.entries()) {
      if (!member || member.left || group.holdings.has(partition)) continue;
      const reader = new PartitionReader(member.source, member.consumer, partition, this.maxBatchRecords);
      group.holdings.set(partition, { member, reader });
      started.push(reader);
    }
    await Promise.all(started.map((reader) => reader.assigned()));
  }

  private async leave(group: Group, member: Member): Promise<void> {
    const readers = this.remove(group, member);
    const stopped = Promise.all(readers.map((reader) => reader.stop()));
    // The others' new partitions are their own concern: who leaves waits only for itself.
    void this.rebalance(group);
    await stopped;
  }

  private abandon(group: Group, member: Member): void {
    for (const reader of this.remove(group, member)) reader.abandon();
    void this.rebalance(group);
  }

  private remove(group: Group, member: Member): readonly PartitionReader<Topic>[] {
    member.left = true;
    group.members = group.members.filter((other) => other !== member);
    return [...group.holdings.values()].filter((holding) => holding.member === member).map(({ reader }) => reader);
  }
}
