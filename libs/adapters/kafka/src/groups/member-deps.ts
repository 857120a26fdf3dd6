import type { Kafka } from 'kafkajs';
import type { ClusterAccess } from '../client/cluster-access.ts';
import type { LogSettings } from '../options.ts';
import type { TopicTable } from '../topics/topic-table.ts';

export interface MemberDeps {
  readonly kafka: Kafka;
  readonly access: ClusterAccess;
  readonly topics: TopicTable;
  readonly settings: LogSettings;
  readonly onFatal: (error: Error) => void;
}
