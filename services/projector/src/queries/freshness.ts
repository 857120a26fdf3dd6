import type { Clock, EventLog, Timers } from '@penstock/ports';
import type { FactReader } from '../facts/fact-reader.ts';

export interface FreshnessDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Longest an answer waits for what was written before it was asked. */
const PATIENCE_MS = 1_000;
const LOOK_EVERY_MS = 20;

/** Group under which ingest expands submissions of several recipients. */
const EXPANDER = 'ingest-expander';

/**
 * Reading one's own writes: whether what the archive does not have was there at all when it was asked for. An id is
 * called unknown only when it is; if the archive is not that far within a second, the answer is to ask again.
 */
export class Freshness {
  constructor(
    private readonly deps: FreshnessDeps,
    private readonly archive: FactReader,
  ) {}

  /** Whether the archive holds all that stood in the partition when this was called. */
  async ofPartition(partition: number): Promise<boolean> {
    return this.archived(partition, this.deps.clock.monotonic() + PATIENCE_MS);
  }

  /** Whether every submission that had been answered is expanded, and the archive holds its deliveries. */
  async ofEverything(): Promise<boolean> {
    const deadline = this.deps.clock.monotonic() + PATIENCE_MS;
    if (!(await this.expanded(deadline))) return false;
    const partitions = Array.from({ length: this.deps.log.partitionCount('mail.events') }, (_, index) => index);
    const archived = await Promise.all(partitions.map((partition) => this.archived(partition, deadline)));
    return archived.every((done) => done);
  }

  private async archived(partition: number, deadline: number): Promise<boolean> {
    const { begin, end } = await this.deps.log.bounds('mail.events', partition);
    if (begin === end || (this.archive.stored.of(partition) ?? -1) >= end) return true;
    const left = Math.max(0, deadline - this.deps.clock.monotonic());
    return this.archive.storedWithin(partition, end, left);
  }

  private async expanded(deadline: number): Promise<boolean> {
    for (let partition = 0; partition < this.deps.log.partitionCount('mail.submissions'); partition++) {
      const { begin, end } = await this.deps.log.bounds('mail.submissions', partition);
      if (begin === end) continue;
      while (((await this.deps.log.committed(EXPANDER, 'mail.submissions', partition)) ?? begin) < end) {
        if (this.deps.clock.monotonic() >= deadline) return false;
        await this.deps.timers.sleep(LOOK_EVERY_MS);
      }
    }
    return true;
  }
}
