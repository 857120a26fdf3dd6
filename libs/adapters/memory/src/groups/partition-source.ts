import type { Topic } from '@penstock/events';
import type { StoredRecord } from '@penstock/ports';

/** What a group needs of a log that lives in this process: its records, and to be told when there are more. */
export interface PartitionSource {
  partitionCount(topic: Topic): number;
  /** As EventLog.read: rejects with OffsetOutOfRangeError outside the bounds, empty at the end. */
  read<T extends Topic>(
    topic: T,
    partition: number,
    from: number,
    maxRecords: number,
  ): Promise<readonly StoredRecord<T>[]>;
  /** Calls `wake` when the record at `offset` may be read, at once if it may already. Answers how to stop waiting. */
  whenReadable(topic: Topic, partition: number, offset: number, wake: () => void): () => void;
}
