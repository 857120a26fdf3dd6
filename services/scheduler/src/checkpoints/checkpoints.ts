/** When a partition's fold is written: behind the fold, never in its way. */
import type { Clock, Telemetry } from '@penstock/ports';
import { checkpointFailed, type PartitionState, takeCheckpoint } from '@penstock/scheduling';
import type { CheckpointStore } from './checkpoint-store.ts';
import type { Copying } from './copying.ts';

export const CHECKPOINT_EVERY_MS = 10_000;
export const CHECKPOINT_EVERY_RECORDS = 50_000;

export class Checkpoints {
  private records = 0;
  private writtenAt: number;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly store: CheckpointStore,
    private readonly state: PartitionState,
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly telemetry: Telemetry,
    private readonly copying: Copying,
  ) {
    this.writtenAt = clock.monotonic();
  }

  /** So many more records are folded. */
  folded(records: number): void {
    this.records += records;
    const due =
      this.records >= CHECKPOINT_EVERY_RECORDS || this.clock.monotonic() - this.writtenAt >= CHECKPOINT_EVERY_MS;
    if (due && !this.writing && this.records > 0) this.start();
  }

  /** Writes what is not yet written, once. */
  async close(): Promise<void> {
    this.copying.close();
    await this.writing;
    if (this.records === 0) return;
    this.start();
    await this.writing;
  }

  private start(): void {
    this.records = 0;
    this.writtenAt = this.clock.monotonic();
    this.writing = this.writeAndCopy().finally(() => {
      this.writing = undefined;
    });
  }

  /** The next checkpoint waits for the copy: only a store that stands still can be copied whole. */
  private async writeAndCopy(): Promise<void> {
    await this.write();
    await this.copying.copyIfDue();
  }

  private async write(): Promise<void> {
    const checkpoint = takeCheckpoint(this.state);
    try {
      await this.store.write(checkpoint);
    } catch (error) {
      // Nothing is lost: the log holds it all, and the next checkpoint these changes too.
      checkpointFailed(this.state, checkpoint);
      this.telemetry.log('error', 'checkpoint_failed', { partition: this.state.partition, error: String(error) });
    }
  }
}
