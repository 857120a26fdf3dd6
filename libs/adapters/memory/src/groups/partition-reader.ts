import type { Topic } from '@penstock/events';
import type { Consumer } from '@penstock/ports';
import type { PartitionSource } from './partition-source.ts';
import { Signal } from './signal.ts';

/** One partition in the hands of one member: batches in order, one at a time, until stopped. */
export class PartitionReader<T extends Topic> {
  private stopping = false;
  private abandoned = false;
  private taken = false;
  private readonly loop: Promise<void>;
  private stopped: Promise<void> | undefined;
  private readonly settled = new Signal();
  private readonly gone = new Signal();
  private wake: (() => void) | undefined;

  constructor(
    private readonly source: PartitionSource,
    private readonly consumer: Consumer<T>,
    private readonly partition: number,
    private readonly maxRecords: number,
  ) {
    this.loop = this.run();
  }

  /** Resolves when the handler has answered where to begin, or failed to. */
  assigned(): Promise<void> {
    return Promise.race([this.settled.happened, this.gone.happened]);
  }

  /** Resolves when the handler has returned and the partition is revoked. */
  stop(): Promise<void> {
    this.stopping = true;
    this.wake?.();
    this.stopped ??= Promise.race([this.loop.then(() => this.revoke()), this.gone.happened]);
    return this.stopped;
  }

  /** The member is dead: nothing reaches its handler any more, and nobody waits for it. */
  abandon(): void {
    this.stopping = true;
    this.abandoned = true;
    this.wake?.();
    this.gone.happen();
  }

  private async run(): Promise<void> {
    try {
      let offset = await this.consumer.handler.assigned(this.partition);
      this.taken = true;
      this.settled.happen();
      while (!this.stopping) {
        const records = await this.source.read(this.consumer.topic, this.partition, offset, this.maxRecords);
        if (this.stopping) return;
        if (records.length === 0) {
          await this.moreAt(offset);
          continue;
        }
        await this.consumer.handler.batch(this.partition, records);
        offset += records.length;
      }
    } catch (error) {
      if (!this.abandoned) this.consumer.handler.failed(this.partition, error);
    } finally {
      this.settled.happen();
    }
  }

  /** Resolves when there is more to read at `offset`, or `wake` is called. */
  private moreAt(offset: number): Promise<void> {
    return new Promise((resolve) => {
      let cancel = (): void => {};
      const wake = (): void => {
        this.wake = undefined;
        cancel();
        resolve();
      };
      this.wake = wake;
      cancel = this.source.whenReadable(this.consumer.topic, this.partition, offset, wake);
    });
  }

  private async revoke(): Promise<void> {
    if (!this.taken || this.abandoned) return;
    try {
      await this.consumer.handler.revoked(this.partition);
    } catch (error) {
      this.consumer.handler.failed(this.partition, error);
    }
  }
}
