/**
 * The log's topics and how deliveries are spread over their partitions.
 *
 * The partition of a delivery is chosen once, at ingest, and carried in its id: every producer names the
 * partition, none hashes.
 */

export const TOPICS = {
  submissions: 'mail.submissions',
  events: 'mail.events',
  attempts: 'mail.attempts',
  control: 'mail.control',
  signals: 'mail.signals',
  directory: 'mail.directory',
  dead: 'mail.dead',
} as const;

export type Topic = (typeof TOPICS)[keyof typeof TOPICS];

/** What a key or a submission asks for: transactional mail has partitions of its own and never waits behind bulk. */
export type TrafficClass = 'transactional' | 'bulk';

export const TRAFFIC_CLASSES: readonly TrafficClass[] = ['transactional', 'bulk'];

/**
 * Partition counts of the embedded engine. `mail.attempts` has one partition per source, named by the policy
 * and never reused; partitions that hold nothing cost nothing.
 */
export const EMBEDDED_PARTITIONS: Readonly<Record<Topic, number>> = {
  'mail.submissions': 4,
  'mail.events': 4,
  'mail.attempts': 256,
  'mail.control': 1,
  'mail.signals': 1,
  'mail.directory': 1,
  'mail.dead': 1,
};

export interface PartitionRange {
  readonly first: number;
  readonly count: number;
}

/**
 * The partitions of `mail.events` a traffic class uses: the last max(1, N/4) belong to transactional mail, the
 * rest to bulk. With a single partition both share it.
 */
export function classPartitions(partitionCount: number, trafficClass: TrafficClass): PartitionRange {
  if (!Number.isInteger(partitionCount) || partitionCount < 1) {
    throw new RangeError(`partition count must be a positive integer, got ${partitionCount}`);
  }
  if (partitionCount === 1) return { first: 0, count: 1 };
  const transactional = Math.max(1, Math.floor(partitionCount / 4));
  const bulk = partitionCount - transactional;
  return trafficClass === 'bulk' ? { first: 0, count: bulk } : { first: bulk, count: transactional };
}

/** The partition for a recipient: `hash` is an unsigned 32-bit hash of the recipient's address. */
export function choosePartition(hash: number, partitionCount: number, trafficClass: TrafficClass): number {
  const range = classPartitions(partitionCount, trafficClass);
  return range.first + ((hash >>> 0) % range.count);
}
