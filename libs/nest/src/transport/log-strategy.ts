import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import type { Topic } from '@penstock/events';
import type { AnyConsumer, Consumer, EventLog, Membership, PartitionHandler, StoredRecord } from '@penstock/ports';
import { isObservable, lastValueFrom } from 'rxjs';
import { batchPattern } from './batch-pattern.ts';
import { BatchContext, type PartitionBatch } from './partition-batch.ts';

export interface LogStrategyOptions {
  readonly log: EventLog;
  /** The service's consumers. One whose pattern has no `@EventPattern` handler reads the log directly. */
  readonly consumers: readonly AnyConsumer[];
  /** Names the service's transport: `@EventPattern(pattern, transportId)`. */
  readonly transportId: symbol;
}

/**
 * Nest's transport over the EventLog port: whole batches, at least once, in order. Nest's own Kafka transport takes
 * one message at a time and costs twenty times as much.
 *
 * Each handler is looked up once, when the strategy starts to listen: Nest's lookup parses the pattern as JSON on
 * every message. A rejected handler reaches the log, which stops the partition.
 */
export class LogStrategy extends Server implements CustomTransportStrategy {
  /** The log learns of every failure, so Nest need not report it as well. */
  override propagatesEventHandlerErrors = true;
  private readonly log: EventLog;
  private readonly consumers: readonly AnyConsumer[];
  private memberships: Membership[] = [];
  private closed = false;

  constructor(options: LogStrategyOptions) {
    super();
    this.log = options.log;
    this.consumers = options.consumers;
    this.setTransportId(options.transportId);
  }

  /** Joins every consumer to the log; the callback gets the error if one could not join, and then none has. */
  listen(callback: (error?: unknown) => void): void {
    this.joinAll().then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  /**
   * Resolves when every handler has returned and its partitions are given up; a late one that has not joined yet leaves
   * when it has, or with the log. Closing again is nothing.
   */
  async close(): Promise<void> {
    this.closed = true;
    const memberships = this.memberships.splice(0);
    await Promise.all(memberships.map((membership) => membership.leave()));
  }

  /** The log keeps no events of its own to listen to. */
  on(): void {}

  unwrap<T>(): T {
    return this.log as T;
  }

  private async joinAll(): Promise<void> {
    try {
      this.refuseUnknownPatterns();
      for (const consumer of this.consumers) {
        if (consumer.late) this.joinLate(consumer);
        else await this.joinOne(consumer);
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  private async joinOne<T extends Topic>(consumer: Consumer<T>): Promise<void> {
    const handle = this.handlerOf(batchPattern(consumer));
    const handler = handle ? new RoutedHandler(consumer, handle) : consumer.handler;
    const membership = await this.log.join({ ...consumer, handler });
    if (this.closed) return membership.leave();
    this.memberships.push(membership);
  }

  private joinLate(consumer: AnyConsumer): void {
    this.joinOne(consumer).catch((error: unknown) => {
      if (!this.closed) this.logger.error(`${consumer.group} could not join: ${String(error)}`);
    });
  }

  private handlerOf(pattern: string): MessageHandler | undefined {
    const handler = this.messageHandlers.get(this.normalizePattern(pattern));
    if (handler?.next) throw new Error(`two handlers for ${pattern}: each batch would be folded twice`);
    return handler;
  }

  private refuseUnknownPatterns(): void {
    const known = new Set(this.consumers.map((consumer) => this.normalizePattern(batchPattern(consumer))));
    for (const pattern of this.messageHandlers.keys()) {
      if (!known.has(pattern))
        throw new Error(`a handler waits for ${pattern}, which no consumer of the service reads`);
    }
  }
}

/** A consumer whose batches go through its Nest handler; everything else stays the consumer's own. */
class RoutedHandler<T extends Topic> implements PartitionHandler<T> {
  private readonly context: BatchContext;

  constructor(
    private readonly consumer: Consumer<T>,
    private readonly handle: MessageHandler,
  ) {
    this.context = new BatchContext([consumer.topic, consumer.group]);
  }

  assigned(partition: number): Promise<number> {
    return this.consumer.handler.assigned(partition);
  }

  async batch(partition: number, records: readonly StoredRecord<T>[]): Promise<void> {
    const batch: PartitionBatch<T> = { partition, records };
    const result: unknown = await this.handle(batch, this.context);
    // An error, or what an interceptor made of the result, arrives as a stream that must be read to its end.
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
  }

  revoked(partition: number): Promise<void> {
    return this.consumer.handler.revoked(partition);
  }

  failed(partition: number, error: unknown): void {
    this.consumer.handler.failed(partition, error);
  }
}
