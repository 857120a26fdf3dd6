import type { Topic } from '@penstock/events';
import { type Bounds, OffsetOutOfRangeError } from '@penstock/ports';
import { isPermanent } from '../client/errors.ts';
import type { FetchValve, PartitionPump } from './partition-pump.ts';

/** A partition that was assigned, and where to ask about it. */
export interface Opening {
  readonly topic: Topic;
  readonly group: string;
  readonly partition: number;
  readonly bounds: () => Promise<Bounds>;
  readonly valve: FetchValve;
}

/** Has the handler say from where, and fetching begin there. Never rejects: what goes wrong stops the partition. */
export async function openPartition<T extends Topic>(pump: PartitionPump<T>, opening: Opening): Promise<void> {
  const start = await pump.begin();
  if (start === undefined) return;
  try {
    const bounds = await boundsWhileOpen(pump, opening.bounds);
    if (start < bounds.begin || start > bounds.end) {
      throw new OffsetOutOfRangeError(outOfRangeText(opening, start, bounds));
    }
    if (!pump.isOpen) return;
    opening.valve.seek(opening.partition, start);
    pump.opened();
    opening.valve.resume(opening.partition);
  } catch (error) {
    pump.fail(error);
  }
}

/** A broker that is away is no reason to stop a partition: it is asked for as long as the partition is ours. */
async function boundsWhileOpen(pump: { readonly isOpen: boolean }, bounds: () => Promise<Bounds>): Promise<Bounds> {
  for (;;) {
    try {
      return await bounds();
    } catch (error) {
      if (isPermanent(error) || !pump.isOpen) throw error;
    }
  }
}

function outOfRangeText({ topic, group, partition }: Opening, start: number, { begin, end }: Bounds): string {
  const found = `${topic}-${partition} holds offsets ${begin} to ${end}, not ${start}, where ${group} is to go on`;
  if (start > end) {
    return (
      `${found}: what ${group} has stored is of another log, or the log has lost its end. If the topics were made anew, ` +
      `start ${group} with an empty store; if a broker came back without its data, bring the data back first`
    );
  }
  return (
    `${found}: the log has deleted what ${group} had not read yet. Start ${group} with an empty store, or from a copy ` +
    'that is newer, and let the topic keep its records for longer'
  );
}
