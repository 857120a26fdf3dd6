import type { DirectoryFollower, DirectoryState } from '@penstock/directory';
import type { DirectoryRecord } from '@penstock/events';
import type { EventLog, Telemetry, Timers } from '@penstock/ports';
import { refusedChange } from './refused-change.ts';

export interface DirectoryWriterDeps {
  readonly log: EventLog;
  readonly directory: DirectoryFollower;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/** How long a change that is durable may take to be read back. */
const READ_BACK_MS = 10_000;

/**
 * Changes the directory. What is written is durable and folded before the answer, so that whoever changed something
 * sees it: a key works, or works no more, from the answer on.
 */
export class DirectoryWriter {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly deps: DirectoryWriterDeps) {}

  /**
   * Decides on the state as it is and writes what was decided, one change after the other: between the two nobody else
   * of this process changes anything. With several processes the fold has the last word, so the answer is read from it.
   *
   * @throws RefusedChange what `decide` refuses, and 503 where the change may not have been stored.
   */
  change(decide: (state: DirectoryState) => readonly DirectoryRecord[]): Promise<void> {
    const changed = this.last.then(() => this.write(decide(this.state())));
    this.last = changed.catch(() => {});
    return changed;
  }

  /** @throws RefusedChange while not all is known. */
  state(): DirectoryState {
    const missing = this.deps.directory.notReady();
    if (missing !== undefined) throw refusedChange(503, null, `Not ready: ${missing}. Try again.`);
    return this.deps.directory.state;
  }

  /** Resolves when what was begun is settled. */
  async close(): Promise<void> {
    await this.last;
  }

  private async write(records: readonly DirectoryRecord[]): Promise<void> {
    if (records.length === 0) return;
    const { log, directory, telemetry } = this.deps;
    try {
      const [receipt] = await log.append([{ topic: 'mail.directory', partition: 0, records }]);
      if (!receipt) throw new Error('the log answered without an offset');
      await this.within(directory.reached(receipt.offset + records.length - 1));
    } catch (error) {
      telemetry.log('error', 'directory_change_failed', { error: String(error) });
      throw refusedChange(503, null, 'It is not known whether the change was stored. Look, and try again.');
    }
  }

  private within(reached: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const overdue = this.deps.timers.after(READ_BACK_MS, () => reject(new Error('the change was not read back')));
      reached.then(resolve, reject).finally(() => overdue.cancel());
    });
  }
}
