import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeRecord, type Fact } from '@penstock/events';
import { OffsetOutOfRangeError, type PartitionHandler, type StoredRecord } from '@penstock/ports';
import type { KafkaMessage } from 'kafkajs';
import { PartitionPump } from './partition-pump.ts';

type Events = 'mail.events';

function claim(n: number): Fact {
  const body = { claimId: `c${n}`, owner: 'o' };
  return { id: `f${n}`, type: 'partition_claimed', version: 1, at: n, partition: 0, body };
}

function message(offset: number, value: Uint8Array = encodeRecord(claim(offset))): KafkaMessage {
  const rest = { key: null, timestamp: '0', attributes: 0, headers: {} };
  return { ...rest, offset: String(offset), value: Buffer.from(value) };
}

const messages = (from: number, count: number) => Array.from({ length: count }, (_, i) => message(from + i));

class Recorder implements PartitionHandler<Events> {
  readonly events: string[] = [];
  readonly errors: unknown[] = [];
  onBatch: (records: readonly StoredRecord<Events>[]) => Promise<void> = async () => {};

  constructor(private readonly start: number) {}

  async assigned(): Promise<number> {
    return this.start;
  }

  async batch(_partition: number, records: readonly StoredRecord<Events>[]): Promise<void> {
    this.events.push(`batch ${records[0]?.offset}-${records.at(-1)?.offset}`);
    await this.onBatch(records);
  }

  async revoked(): Promise<void> {
    this.events.push('revoked');
  }

  failed(_partition: number, error: unknown): void {
    this.events.push('failed');
    this.errors.push(error);
  }
}

async function opened(handler: Recorder, gapsAllowed = false) {
  const valve: string[] = [];
  const pump = new PartitionPump<Events>({
    topic: 'mail.events',
    partition: 0,
    handler,
    gapsAllowed,
    valve: {
      pause: () => valve.push('pause'),
      resume: () => valve.push('resume'),
      seek: (_, at) => valve.push(`seek ${at}`),
    },
  });
  await pump.begin();
  pump.opened();
  return { pump, valve };
}

describe('partition in the hands of a member', () => {
  it('takes what was fetched at once, and hands it over in order while the handler works', async () => {
    const handler = new Recorder(5);
    const { pump } = await opened(handler);
    pump.offer(messages(5, 3));
    pump.offer(messages(8, 2));
    pump.offer(messages(10, 1));
    handler.onBatch = async () => void pump.offer([]);
    await pump.stop();
    assert.deepEqual(handler.events, ['batch 5-7', 'revoked'], 'what was not begun is left to the next owner');
  });

  it('asks again at a gap; at the second it stops, tells once, and takes nothing more', async () => {
    const handler = new Recorder(0);
    const { pump, valve } = await opened(handler);
    pump.offer(messages(1, 2));
    assert.deepEqual(handler.events, []);
    assert.deepEqual(valve, ['seek 0']);
    pump.offer(messages(1, 2));
    pump.offer(messages(0, 2));
    assert.deepEqual(handler.events, ['failed']);
    assert.ok(handler.errors[0] instanceof OffsetOutOfRangeError);
    assert.deepEqual(valve, ['seek 0', 'pause']);
  });

  it('goes on where two brokers were asked for the same, as when a leader moves', async () => {
    const handler = new Recorder(5);
    const { pump, valve } = await opened(handler);
    pump.offer(messages(5, 3));
    pump.offer(messages(5, 2));
    pump.offer(messages(8, 1));
    pump.offer(messages(8, 1));
    pump.offer(messages(9, 1));
    assert.deepEqual(valve, ['seek 8', 'seek 9']);
    assert.equal(handler.errors.length, 0);
    await pump.stop();
  });

  it('takes nothing that was fetched before it was opened', async () => {
    const handler = new Recorder(5);
    const valve = { pause: () => {}, resume: () => {}, seek: () => {} };
    const pump = new PartitionPump<Events>({ topic: 'mail.events', partition: 0, handler, gapsAllowed: false, valve });
    pump.offer(messages(9, 1));
    await pump.begin();
    pump.offer(messages(9, 1));
    pump.opened();
    assert.deepEqual(handler.events, []);
    assert.equal(pump.awaits, 5);
  });

  it('stops where a broker goes back before what was read, as after the loss of acknowledged records', async () => {
    const handler = new Recorder(7);
    const { pump } = await opened(handler, true);
    pump.offer(messages(3, 2));
    pump.offer(messages(3, 2));
    assert.deepEqual(handler.events, ['failed']);
  });

  it('allows gaps on a compacted topic', async () => {
    const handler = new Recorder(0);
    const { pump } = await opened(handler, true);
    const done = new Promise<void>((resolve) => {
      handler.onBatch = async () => resolve();
    });
    pump.offer([message(3), message(9)]);
    await done;
    assert.deepEqual(handler.events, ['batch 3-9']);
  });

  it('hands over what stands before bytes that are no record, then stops', async () => {
    const handler = new Recorder(0);
    const { pump } = await opened(handler);
    pump.offer([message(0), message(1, Buffer.from('{')), message(2)]);
    await pump.stop();
    assert.deepEqual(handler.events, ['batch 0-0', 'failed', 'revoked']);
    assert.match(String(handler.errors[0]), /not UTF-8 JSON/);
  });

  it('holds fetching back while too much waits, and lets it go on when there is room', async () => {
    const handler = new Recorder(0);
    const { pump, valve } = await opened(handler);
    let handled = 0;
    const all = new Promise<void>((resolve) => {
      handler.onBatch = async (records) => {
        handled += records.length;
        if (handled === 6_000) resolve();
      };
    });
    pump.offer(messages(0, 6_000));
    assert.deepEqual(valve, ['pause']);
    await all;
    assert.deepEqual(valve, ['pause', 'resume']);
  });

  it('is not revoked where the handler could not take it', async () => {
    const handler = new Recorder(0);
    handler.assigned = () => Promise.reject(new Error('no state'));
    const { pump } = await opened(handler);
    await pump.stop();
    assert.deepEqual(handler.events, ['failed']);
  });
});
