/** When a partition's checkpoint is copied to where other hosts read it, and when one starts from such a copy. */
import type { Clock, Random, StateCopies, StateCopy, Telemetry } from '@penstock/ports';
import type { CheckpointStore } from './checkpoint-store.ts';

export const COPY_EVERY_MS = 600_000;
/** A copy that is ahead by less is slower to read than the log. */
export const COPY_WORTH_RECORDS = 100_000;

export interface CopyingDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: Pick<Random, 'next'>;
  readonly telemetry: Telemetry;
  readonly copies?: StateCopies;
  /** Between two copies of a partition, ms; `COPY_EVERY_MS` where it is not given. */
  readonly copyEveryMs?: number;
}

export class Copying {
  private readonly name: string;
  private readonly aborting = new AbortController();
  private readonly everyMs: number;
  private copiedAt: number;

  constructor(
    private readonly deps: CopyingDeps,
    private readonly store: CheckpointStore,
    private readonly partition: number,
  ) {
    this.name = `scheduler-${partition}`;
    this.everyMs = deps.copyEveryMs ?? COPY_EVERY_MS;
    // Partitions that were assigned together are not copied together.
    this.copiedAt = deps.clock.monotonic() - (deps.copies ? this.everyMs * deps.random.next() : 0);
  }

  /** Puts the newest copy in the place of a state that is missing or far behind it, if it lies within the log. */
  async start(begin: number, end: number): Promise<void> {
    const { copies, telemetry } = this.deps;
    if (!copies) return;
    try {
      const local = (await this.store.position()) ?? -1;
      const copy = await copies.newest(this.name);
      const position = this.worthIt(copy, local, begin, end);
      if (!copy || position === undefined) return;
      await this.store.restore(copy);
      telemetry.log('info', 'state_copy_restored', { partition: this.partition, position, end });
    } catch (error) {
      // What was written of it counts as nothing, and the log tells everything.
      telemetry.log('error', 'state_copy_not_restored', { partition: this.partition, error: String(error) });
    }
  }

  /** After a checkpoint, and before the next one. */
  async copyIfDue(): Promise<void> {
    const { copies, clock, telemetry } = this.deps;
    const now = clock.monotonic();
    if (!copies || this.aborting.signal.aborted || now - this.copiedAt < this.everyMs) return;
    this.copiedAt = now;
    try {
      await this.store.copy(copies, this.name, this.aborting.signal);
      telemetry.log('info', 'state_copied', { partition: this.partition, ms: Math.round(clock.monotonic() - now) });
    } catch (error) {
      if (this.aborting.signal.aborted) return;
      telemetry.log('error', 'state_copy_failed', { partition: this.partition, error: String(error) });
    }
  }

  /** The partition is given up: a copy under way would hold its next owner up. */
  close(): void {
    this.aborting.abort();
  }

  private worthIt(copy: StateCopy | undefined, local: number, begin: number, end: number): number | undefined {
    const position = copy?.positions.get(`mail.events-${this.partition}`);
    if (position === undefined || position < begin || position > end) return undefined;
    const missing = local < begin || local > end;
    return missing || position - local >= COPY_WORTH_RECORDS ? position : undefined;
  }
}
