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
import type { GroupMembership } from '../groups/consumer-groups.ts';
import type { MemoryLogData } from './memory-log-data.ts';

/** Where latency and faults get in. Whatever a hook waits for happens at that point; what it throws is the fault. */
export interface MemoryLogHooks {
  /** Before each batch of an append is stored. A rejection leaves it and those after it out. */
  beforeStore?(batch: AnyAppendBatch): Promise<void> | void;
  /** After all are stored, before append resolves. A rejection is a lost acknowledgement. */
  beforeAcknowledge?(batches: readonly AnyAppendBatch[]): Promise<void> | void;
  /** Before records are read for a member of a group. A rejection stops the partition. */
  beforeRead?(topic: Topic, partition: number, from: number): Promise<void> | void;
}

/**
 * One process's connection to a log in memory. Deterministic: nothing but microtasks lies between an append and
 * its readers.
 */
export class MemoryEventLog implements EventLog {
  private readonly memberships = new Set<GroupMembership>();

  constructor(
    readonly data: MemoryLogData,
    private readonly hooks: MemoryLogHooks = {},
  ) {}

  partitionCount(topic: Topic): number {
    return this.data.partitionCount(topic);
  }

  async append(batches: readonly AnyAppendBatch[]): Promise<readonly AppendReceipt[]> {
    const receipts: AppendReceipt[] = [];
    for (const batch of batches) {
      if (this.hooks.beforeStore) await this.hooks.beforeStore(batch);
      receipts.push({ offset: this.data.store(batch.topic, batch.partition, batch.records) });
    }
    if (this.hooks.beforeAcknowledge) await this.hooks.beforeAcknowledge(batches);
    return receipts;
  }

  async read<T extends Topic>(
    topic: T,
    partition: number,
    from: number,
    maxRecords: number,
  ): Promise<readonly StoredRecord<T>[]> {
    // The data keeps each topic's own records apart.
    return this.data.read(topic, partition, from, maxRecords) as unknown as readonly StoredRecord<T>[];
  }

  async bounds(topic: Topic, partition: number): Promise<Bounds> {
    return this.data.bounds(topic, partition);
  }

  async committed(group: string, topic: Topic, partition: number): Promise<number | undefined> {
    return this.data.committed.get(`${group} ${topic}-${partition}`);
  }

  async commit(group: string, topic: Topic, partition: number, offset: number): Promise<void> {
    this.data.committed.set(`${group} ${topic}-${partition}`, offset);
  }

  async join<T extends Topic>(consumer: Consumer<T>): Promise<Membership> {
    const membership = this.data.groups.enter(consumer, {
      partitionCount: (topic) => this.data.partitionCount(topic),
      read: async (topic, partition, from, maxRecords) => {
        if (this.hooks.beforeRead) await this.hooks.beforeRead(topic, partition, from);
        return this.read(topic, partition, from, maxRecords);
      },
      whenReadable: (topic, partition, offset, wake) => this.data.whenReadable(topic, partition, offset, wake),
    });
    this.memberships.add(membership);
    await membership.joined;
    return {
      leave: async () => {
        this.memberships.delete(membership);
        await membership.leave();
      },
    };
  }

  /** The process died: its members hear nothing more, and their partitions go to others without waiting. */
  disconnect(): void {
    for (const membership of this.memberships) membership.abandon();
    this.memberships.clear();
  }
}
