import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Controller, type INestApplicationContext, Inject, Module, type Type, UseFilters } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { Topic } from '@penstock/events';
import type { AnyConsumer, Consumer, EventLog, PartitionHandler, StoredRecord } from '@penstock/ports';
import { batchController } from './batch-controller.ts';
import { batchPattern } from './batch-pattern.ts';
import { LogStrategy } from './log-strategy.ts';
import { OriginalErrorsFilter } from './original-errors.filter.ts';
import type { PartitionBatch } from './partition-batch.ts';

const TRANSPORT = Symbol('under test');

/** A log that hands out what the test pushes and remembers who joined. */
class PushedLog {
  readonly joined: Consumer[] = [];
  left = 0;
  /** Nobody who joins is told before this. */
  answer: Promise<void> = Promise.resolve();

  asEventLog(): EventLog {
    const join = async <T extends Topic>(consumer: Consumer<T>) => {
      this.joined.push(consumer as Consumer);
      if (consumer.late) await this.answer;
      return {
        leave: async () => {
          this.left++;
        },
      };
    };
    return { join } as Partial<EventLog> as EventLog;
  }

  push(group: string, partition: number, records: readonly StoredRecord[]): Promise<void> {
    const consumer = this.joined.find((candidate) => candidate.group === group);
    assert.ok(consumer, `${group} has joined`);
    return consumer.handler.batch(partition, records);
  }
}

class RecordingHandler implements PartitionHandler {
  readonly calls: string[] = [];
  failure: Error | undefined;

  async assigned(partition: number): Promise<number> {
    this.calls.push(`assigned ${partition}`);
    return 7;
  }

  async batch(partition: number, records: readonly StoredRecord[]): Promise<void> {
    this.calls.push(`batch ${partition} of ${records.length}`);
    if (this.failure) throw this.failure;
  }

  async revoked(partition: number): Promise<void> {
    this.calls.push(`revoked ${partition}`);
  }

  failed(partition: number, error: unknown): void {
    this.calls.push(`failed ${partition} ${String(error)}`);
  }
}

function consumer(group: string, handler: PartitionHandler): AnyConsumer {
  return { group, topic: 'mail.events', handler };
}

const running: INestApplicationContext[] = [];
after(async () => {
  await Promise.all(running.map((app) => app.close()));
});

async function listening(strategy: LogStrategy, controllers: Type<object>[]): Promise<void> {
  @Module({ controllers })
  class UnderTest {}
  const app = await NestFactory.createMicroservice(UnderTest, { strategy, logger: false });
  running.push(app);
  await app.listen();
}

describe('the log strategy', () => {
  it('hands each batch to the handler of its topic and group, and the rest to the consumer', async () => {
    const log = new PushedLog();
    const [projector, archive] = [new RecordingHandler(), new RecordingHandler()];
    const consumers = [consumer('projector', projector), consumer('archive', archive)];
    const strategy = new LogStrategy({ log: log.asEventLog(), consumers, transportId: TRANSPORT });
    await listening(strategy, [batchController(TRANSPORT, consumers)]);

    await log.push('archive', 3, []);
    const joined = log.joined[0];
    assert.equal(await joined?.handler.assigned(2), 7);
    await joined?.handler.revoked(2);
    joined?.handler.failed(2, 'gone');

    assert.deepEqual(archive.calls, ['batch 3 of 0']);
    assert.deepEqual(projector.calls, ['assigned 2', 'revoked 2', 'failed 2 gone']);
  });

  it('lets the log see the very error a handler threw', async () => {
    class DiskLost extends Error {}
    const log = new PushedLog();
    const handler = new RecordingHandler();
    handler.failure = new DiskLost('sector 7');
    const consumers = [consumer('projector', handler)];
    const strategy = new LogStrategy({ log: log.asEventLog(), consumers, transportId: TRANSPORT });
    await listening(strategy, [batchController(TRANSPORT, consumers)]);

    await assert.rejects(log.push('projector', 0, []), (error) => error === handler.failure);
  });

  it('waits for a handler written by hand', async () => {
    const log = new PushedLog();
    const handler = new RecordingHandler();

    @Controller()
    @UseFilters(OriginalErrorsFilter)
    class Handwritten {
      constructor(@Inject(RecordingHandler) private readonly inner: RecordingHandler) {}

      @EventPattern('mail.events#projector', TRANSPORT)
      handle(@Payload() batch: PartitionBatch): Promise<void> {
        return this.inner.batch(batch.partition, batch.records);
      }
    }

    @Module({ controllers: [Handwritten], providers: [{ provide: RecordingHandler, useValue: handler }] })
    class UnderTest {}
    const strategy = new LogStrategy({
      log: log.asEventLog(),
      consumers: [consumer('projector', handler)],
      transportId: TRANSPORT,
    });
    const app = await NestFactory.createMicroservice(UnderTest, { strategy, logger: false });
    running.push(app);
    await app.listen();

    await log.push('projector', 1, []);
    assert.deepEqual(handler.calls, ['batch 1 of 0']);
  });

  it('joins a consumer without a Nest handler directly', async () => {
    const log = new PushedLog();
    const handler = new RecordingHandler();
    const strategy = new LogStrategy({
      log: log.asEventLog(),
      consumers: [consumer('projector', handler)],
      transportId: TRANSPORT,
    });
    await listening(strategy, []);

    await log.push('projector', 0, []);
    assert.deepEqual(handler.calls, ['batch 0 of 0']);
  });

  it('refuses a handler for what the service does not read, and joins nothing', async () => {
    const log = new PushedLog();
    const handler = new RecordingHandler();
    const strategy = new LogStrategy({ log: log.asEventLog(), consumers: [], transportId: TRANSPORT });

    await assert.rejects(
      listening(strategy, [batchController(TRANSPORT, [consumer('projector', handler)])]),
      /mail\.events#projector, which no consumer of the service reads/,
    );
    assert.equal(log.joined.length, 0);
  });

  it('starts and ends without a late consumer, which leaves when it has joined', async () => {
    const log = new PushedLog();
    let answer = () => {};
    log.answer = new Promise((resolve) => {
      answer = resolve;
    });
    const handler = new RecordingHandler();
    const consumers = [{ ...consumer('archive', handler), late: true }, consumer('projector', handler)];
    const strategy = new LogStrategy({ log: log.asEventLog(), consumers, transportId: TRANSPORT });
    await listening(strategy, []);
    assert.deepEqual(
      log.joined.map(({ group }) => group),
      ['archive', 'projector'],
    );

    await strategy.close();
    assert.equal(log.left, 1);
    answer();
    await log.answer;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(log.left, 2);
  });

  it('leaves every group once, however often it is closed', async () => {
    const log = new PushedLog();
    const handler = new RecordingHandler();
    const consumers = [consumer('projector', handler), consumer('archive', handler)];
    const strategy = new LogStrategy({ log: log.asEventLog(), consumers, transportId: TRANSPORT });
    await listening(strategy, []);

    await strategy.close();
    await strategy.close();
    assert.equal(log.left, 2);
  });
});

describe('a batch pattern', () => {
  it('names topic and group', () => {
    assert.equal(batchPattern({ topic: 'mail.events', group: 'projector' }), 'mail.events#projector');
  });

  it('leaves the random part of a control follower out', () => {
    const group = 'scheduler-control-ab3defgh2jkl';
    assert.equal(batchPattern({ topic: 'mail.control', group }), 'mail.control#scheduler-control');
  });
});
