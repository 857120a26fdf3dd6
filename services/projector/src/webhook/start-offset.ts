import type { EventLog } from '@penstock/ports';

/**
 * The first offset of the partition from which on records are of `since` or later. Writers' clocks differ a little, so
 * around it a few may be older; found by halving, in some thirty reads.
 */
export async function startOffset(
  log: Pick<EventLog, 'bounds' | 'read'>,
  partition: number,
  since: number,
): Promise<number> {
  let { begin: low, end: high } = await log.bounds('mail.events', partition);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [stored] = await log.read('mail.events', partition, middle, 1);
    if (stored && stored.record.at < since) low = middle + 1;
    else high = middle;
  }
  return low;
}
