import { BaseRpcContext } from '@nestjs/microservices';
import type { Topic } from '@penstock/events';
import type { StoredRecord } from '@penstock/ports';

/** What a batch handler receives: records of one partition, in offset order. */
export interface PartitionBatch<T extends Topic = Topic> {
  readonly partition: number;
  readonly records: readonly StoredRecord<T>[];
}

/** Where the batch comes from, for guards and interceptors that want to know. */
export class BatchContext extends BaseRpcContext<[topic: Topic, group: string]> {
  get topic(): Topic {
    return this.getArgByIndex(0);
  }

  get group(): string {
    return this.getArgByIndex(1);
  }
}
