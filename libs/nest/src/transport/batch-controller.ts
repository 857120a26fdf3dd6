import { Controller, type Type, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { AnyConsumer, PartitionHandler } from '@penstock/ports';
import { batchPattern } from './batch-pattern.ts';
import { OriginalErrorsFilter } from './original-errors.filter.ts';
import type { PartitionBatch } from './partition-batch.ts';

/**
 * A Nest controller with one `@EventPattern` method for each of a service's consumers, which hands the batch to that
 * consumer. A service that wants nothing of its own between the log and its handlers declares this one.
 */
export function batchController(transportId: symbol, consumers: readonly AnyConsumer[]): Type<object> {
  class BatchController {
    [pattern: string]: (batch: PartitionBatch) => Promise<void>;
  }
  const { prototype } = BatchController;
  for (const consumer of consumers) {
    const pattern = batchPattern(consumer);
    const handler: PartitionHandler = consumer.handler;
    prototype[pattern] = (batch) => handler.batch(batch.partition, batch.records);
    const descriptor = Object.getOwnPropertyDescriptor(prototype, pattern) as PropertyDescriptor;
    EventPattern(pattern, transportId)(prototype, pattern, descriptor);
    Payload()(prototype, pattern, 0);
  }
  UseFilters(OriginalErrorsFilter)(BatchController);
  Controller()(BatchController);
  return BatchController;
}
