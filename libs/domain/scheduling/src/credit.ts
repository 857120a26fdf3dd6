import { messagePace, type Shaping } from '@penstock/policy';

/** How much of a path's pace may wait at its owner, seconds. */
export const CREDIT_SECONDS = 2;

/**
 * The most deliveries of one partition that may be out on a path: two seconds of its pace and one per connection,
 * shared by the class's partitions. `max_message_rate`, over a minute or less,
 * is the whole path's pace; without one the pace is what came
 * back lately, and since `closedPerSecond` is this partition's alone, it is not divided again.
 */
export function creditLimit(
  shaping: Pick<Shaping, 'connectionLimit' | 'maxMessageRate'>,
  closedPerSecond: number,
  partitions: number,
): number {
  const rate = messagePace(shaping);
  const paced = rate
    ? (CREDIT_SECONDS * rate.count * 1000) / rate.periodMs / partitions
    : CREDIT_SECONDS * closedPerSecond;
  return Math.max(1, Math.floor(paced + shaping.connectionLimit / partitions));
}
