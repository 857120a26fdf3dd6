import type { KafkaLog } from '@penstock/adapter-kafka';
import type { PartitionHandler, StoredRecord } from '@penstock/ports';
import { PARTITIONS, TOPIC } from './failover-load.ts';

export const GROUP = 'projector';

type Event = StoredRecord<typeof TOPIC>;

/** The members of one group: what each partition's reader has seen, who begins where the group has committed. */
export class Readers implements PartitionHandler<typeof TOPIC> {
  readonly seen = Array.from({ length: PARTITIONS }, () => new Map<number, string>());
  readonly faults: string[] = [];
  assignments = 0;
  readAgain = 0;
  private readonly due = new Map<number, number>();

  constructor(private readonly log: KafkaLog) {}

  /** The same group in another process: what it has seen counts as seen by all. */
  with(log: KafkaLog): PartitionHandler<typeof TOPIC> {
    const commit = (partition: number, offset: number) => log.commit(GROUP, TOPIC, partition, offset);
    return {
      assigned: (partition) => this.assigned(partition),
      batch: (partition, records) => this.take(partition, records, commit),
      revoked: () => this.revoked(),
      failed: (partition, error) => this.failed(partition, error),
    };
  }

  async assigned(partition: number): Promise<number> {
    this.assignments++;
    const start = (await this.log.committed(GROUP, TOPIC, partition)) ?? 0;
    const next = this.seen[partition]?.size ?? 0;
    if (start > next) this.faults.push(`${partition} would begin at ${start}, and nobody has read ${next}`);
    this.due.set(partition, start);
    return start;
  }

  batch(partition: number, records: readonly Event[]): Promise<void> {
    return this.take(partition, records, (_, offset) => this.log.commit(GROUP, TOPIC, partition, offset));
  }

  async revoked(): Promise<void> {}

  failed(partition: number, error: unknown): void {
    this.faults.push(`${partition} stopped: ${error}`);
  }

  private async take(
    partition: number,
    records: readonly Event[],
    commit: (partition: number, offset: number) => Promise<void>,
  ): Promise<void> {
    const seen = this.seen[partition] ?? new Map<number, string>();
    for (const { offset, record } of records) {
      const due = this.due.get(partition);
      if (offset !== due) this.faults.push(`${partition} gave offset ${offset} where ${due} was due`);
      const before = seen.get(offset);
      if (before !== undefined) this.readAgain++;
      if (before !== undefined && before !== record.id) this.faults.push(`${partition} changed offset ${offset}`);
      seen.set(offset, record.id);
      this.due.set(partition, offset + 1);
    }
    await commit(partition, this.due.get(partition) ?? 0);
  }
}
