import type { Topic } from '@penstock/events';
import { OffsetOutOfRangeError, type PartitionHandler, type StoredRecord } from '@penstock/ports';
import type { KafkaMessage } from 'kafkajs';
import { isAway } from '../client/errors.ts';
import { fromWire } from '../records/wire.ts';

/** Most records a handler gets at once. */
const MAX_BATCH_RECORDS = 1_000;
/** Fetched and not handled yet: above it the partition is paused, and goes on at half of it. */
const MAX_WAITING_BYTES = 4_194_304;
const MAX_WAITING_RECORDS = 4_000;

/** What holds fetching back. */
export interface FetchValve {
  pause(partition: number): void;
  resume(partition: number): void;
  /** Has the partition fetched from there, whatever kafkajs takes for its position. */
  seek(partition: number, offset: number): void;
}

export interface PartitionPumpOptions<T extends Topic> {
  readonly topic: T;
  readonly partition: number;
  readonly handler: PartitionHandler<T>;
  readonly valve: FetchValve;
  /** Compacted topics have gaps between their offsets. */
  readonly gapsAllowed: boolean;
}

/**
 * One partition in the hands of one member. What was fetched is put down here at once, so that neither heartbeats nor
 * other partitions wait for a handler; the handler gets it batch by batch, in order.
 */
export class PartitionPump<T extends Topic> {
  private waiting: KafkaMessage[] = [];
  private waitingBytes = 0;
  private paused = true;
  private stopping = false;
  private ended = false;
  private taken = false;
  private expected = 0;
  private working: Promise<void> = Promise.resolve();
  private isWorking = false;
  private stopped: Promise<void> | undefined;
  private isOpened = false;
  /** The offset that was asked for once more, because something else came. */
  private askedAgain = -1;

  constructor(private readonly options: PartitionPumpOptions<T>) {}

  /** Asks the handler where to begin; undefined if it cannot take the partition, or lost it meanwhile. */
  async begin(): Promise<number | undefined> {
    this.working = this.ask();
    await this.working;
    return this.taken && !this.stopping ? this.expected : undefined;
  }

  /** A log that is away, which it says only after a while, is no reason to stop: who asked it is asked again. */
  private async ask(): Promise<void> {
    const { handler, partition } = this.options;
    while (this.isOpen && !this.taken) {
      try {
        this.expected = await handler.assigned(partition);
        this.taken = true;
      } catch (error) {
        if (!isAway(error)) this.fail(error);
      }
    }
  }

  /** Fetching has begun at the offset that the handler named. */
  opened(): void {
    this.paused = false;
    this.isOpened = true;
  }

  /** The offset that is due next, of a partition that holds nothing back and has handed over all it was given. */
  get awaits(): number | undefined {
    const isIdle = this.isOpened && this.isOpen && !this.paused && !this.isWorking && this.waiting.length === 0;
    return isIdle ? this.expected : undefined;
  }

  get isOpen(): boolean {
    return !this.stopping && !this.ended;
  }

  /** Takes what was fetched. Never throws: what is wrong with it stops the partition. */
  offer(messages: readonly KafkaMessage[]): void {
    const [first] = messages;
    // What comes before it is opened was fetched under an earlier assignment.
    if (!first || !this.isOpen || !this.isOpened) return;
    const offset = Number(first.offset);
    if (offset < this.expected || (offset > this.expected && !this.options.gapsAllowed)) {
      this.notDue(offset);
      return;
    }
    this.expected = Number(messages.at(-1)?.offset) + 1;
    for (const message of messages) {
      this.waiting.push(message);
      this.waitingBytes += sizeOf(message);
    }
    if (this.waitingBytes > MAX_WAITING_BYTES || this.waiting.length > MAX_WAITING_RECORDS) this.pause();
    this.work();
  }

  /**
   * When a leader moves, kafkajs may have a partition fetched by two brokers at once, and hand over one answer after
   * the other. So what is due is asked for once more; only who answers something else again has lost it.
   */
  private notDue(found: number): void {
    if (this.askedAgain === this.expected) {
      this.fail(new OffsetOutOfRangeError(this.gapText(found)));
      return;
    }
    this.askedAgain = this.expected;
    this.options.valve.seek(this.options.partition, this.expected);
  }

  /** The partition stops here and the handler is told, once. */
  fail(error: unknown): void {
    if (this.ended) return;
    // Who is leaving hears no more of what it leaves.
    if (this.stopping && !this.isWorking && this.taken) return;
    this.ended = true;
    this.waiting = [];
    this.pause();
    this.options.handler.failed(this.options.partition, error);
  }

  /** Resolves when the handler has returned and the partition is revoked. */
  stop(): Promise<void> {
    this.stopping = true;
    this.waiting = [];
    this.pause();
    this.stopped ??= this.working.then(() => this.revoke());
    return this.stopped;
  }

  private work(): void {
    if (this.isWorking) return;
    this.isWorking = true;
    this.working = this.handleAll();
  }

  private async handleAll(): Promise<void> {
    try {
      while (this.waiting.length > 0 && this.isOpen) {
        const messages = this.waiting.splice(0, MAX_BATCH_RECORDS);
        for (const message of messages) this.waitingBytes -= sizeOf(message);
        this.resumeIfRoom();
        await this.handle(messages);
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.isWorking = false;
    }
  }

  /** Hands over what can be read; what cannot ends the partition, after all that stands before it. */
  private async handle(messages: readonly KafkaMessage[]): Promise<void> {
    const records: StoredRecord<T>[] = [];
    let unreadable: { error: unknown } | undefined;
    for (const message of messages) {
      try {
        records.push(fromWire<T>(message));
      } catch (error) {
        unreadable = { error };
        break;
      }
    }
    if (records.length > 0) await this.options.handler.batch(this.options.partition, records);
    if (unreadable) throw unreadable.error;
  }

  private resumeIfRoom(): void {
    if (!this.paused || !this.isOpen) return;
    if (this.waitingBytes > MAX_WAITING_BYTES / 2 || this.waiting.length > MAX_WAITING_RECORDS / 2) return;
    this.paused = false;
    this.options.valve.resume(this.options.partition);
  }

  private pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.options.valve.pause(this.options.partition);
  }

  private async revoke(): Promise<void> {
    if (!this.taken) return;
    const { handler, partition } = this.options;
    try {
      await handler.revoked(partition);
    } catch (error) {
      handler.failed(partition, error);
    }
  }

  private gapText(found: number): string {
    const { topic, partition } = this.options;
    return `${topic}-${partition} answered offset ${found} where ${this.expected} was due`;
  }
}

function sizeOf(message: KafkaMessage): number {
  return message.value?.length ?? 0;
}
