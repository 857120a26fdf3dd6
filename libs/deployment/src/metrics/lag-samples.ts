import type { Topic } from '@penstock/events';
import type { MetricSample } from '@penstock/nest';
import type { EventLog } from '@penstock/ports';

export interface Committing {
  readonly group: string;
  readonly topic: Topic;
}

/** Everything of the partition of `mail.events` before the offset is folded and stored. */
export interface StoredPosition {
  readonly group: string;
  readonly partition: number;
  readonly offset: number;
}

/** Groups whose position is committed to the log. */
const COMMITTING: readonly Committing[] = [
  { group: 'ingest-expander', topic: 'mail.submissions' },
  { group: 'dispatcher', topic: 'mail.attempts' },
];

/** Where a group is in one partition. */
export interface PartitionProgress {
  readonly partition: number;
  /** Next offset it reads; the first one held where it never committed. */
  readonly committed: number;
  readonly end: number;
}

/** Where a group is, by what it has committed. */
export function groupProgress(log: EventLog, { group, topic }: Committing): Promise<readonly PartitionProgress[]> {
  const partitions = Array.from({ length: log.partitionCount(topic) }, (_, partition) => partition);
  return Promise.all(
    partitions.map(async (partition) => {
      const { begin, end } = await log.bounds(topic, partition);
      const committed = Math.max(begin, (await log.committed(group, topic, partition)) ?? begin);
      return { partition, committed, end };
    }),
  );
}

/** How far groups are behind whose position is the log's. */
export async function committedLags(
  log: EventLog,
  committing: readonly Committing[] = COMMITTING,
): Promise<MetricSample[]> {
  const samples: MetricSample[] = [];
  for (const { group, topic } of committing) {
    for (const { partition, committed, end } of await groupProgress(log, { group, topic })) {
      // Most partitions of the attempts belong to no source.
      if (end > 0) samples.push(lag(group, topic, partition, end - committed));
    }
  }
  return samples;
}

/** How far groups are behind that keep their position with what they fold. */
export async function storedLags(log: EventLog, positions: readonly StoredPosition[]): Promise<MetricSample[]> {
  return Promise.all(
    positions.map(async ({ group, partition, offset }) => {
      const { end } = await log.bounds('mail.events', partition);
      return lag(group, 'mail.events', partition, end - offset);
    }),
  );
}

/** The scheduler's lag in time, as ingest measures it. */
export function schedulerLagSample(behindMs: number): MetricSample {
  return { metric: 'penstock_scheduler_lag_seconds', labels: {}, value: behindMs / 1_000 };
}

function lag(group: string, topic: Topic, partition: number, records: number): MetricSample {
  const labels = { group, topic, partition: String(partition) };
  return { metric: 'penstock_consumer_lag_records', labels, value: Math.max(0, records) };
}
