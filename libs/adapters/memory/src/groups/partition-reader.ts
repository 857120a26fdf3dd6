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
      while (!this.stopping) offset = await this.step(offset);
    } catch (error) {
      if (!this.abandoned) this.consumer.handler.failed(this.partition, error);
    } finally {
      this.settled.happen();
    }
  }

  private async step(offset: number): Promise<number> {
    const records = await this.source.read(this.consumer.topic, this.partition, offset, this.maxRecords);
    if (this.stopping) return offset;
    if (records.length === 0) {
      await this.moreAt(offset);
      return offset;
    }
    await this.consumer.handler.batch(this.partition, records);
    return offset + records.length;
  }

  private async moreAt(offset: number): Promise<void> {
    const more = new Signal();
    this.wake = more.happen;
    const cancel = this.source.whenReadable(this.consumer.topic, this.partition, offset, more.happen);
    await more.happened;
    cancel();
    this.wake = undefined;
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
