import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Archive, ArchiveUnavailableError } from '@penstock/ports';
import { DeliveryFacts } from '../rig.spec.ts';
import { ArchiveSink } from './archive-sink.ts';

function rig(outages: number, failure: Error = new ArchiveUnavailableError('away')) {
  const appended: string[] = [];
  const waits: number[] = [];
  const told: string[] = [];
  let left = outages;
  const there = () => {
    if (left-- > 0) throw failure;
  };
  const archive: Archive = {
    append: async (entries, positions) => {
      there();
      appended.push(...entries.map(({ stream }) => stream), ...[...positions].flat().map(String));
    },
    positions: async () => {
      there();
      return new Map([['mail.events-0', 7]]);
    },
    read: async () => [],
  };
  const timers = {
    sleep: async (ms: number): Promise<void> => void waits.push(ms),
    after: () => ({ cancel: () => undefined }),
  };
  const telemetry = { log: (_level: string, event: string) => void told.push(event) };
  return { sink: new ArchiveSink(archive, { timers, telemetry }), appended, waits, told, timers };
}

const delivery = new DeliveryFacts('m1', 0);

describe('the reactor that archives', () => {
  it('waits for an archive that is away, longer each time, and then appends what it holds once', async () => {
    const { sink, appended, waits, told } = rig(7);
    sink.fold(0, { offset: 3, record: delivery.processed() });
    await sink.store(new Map([[0, 4]]));
    assert.deepEqual(appended, ['m1.0.0', 'mail.events-0', '4']);
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    assert.deepEqual(told, ['archive_waits']);
  });

  it('waits for the position it goes on from', async () => {
    const { sink } = rig(1);
    assert.equal(await sink.restore(0), 7);
  });

  it('says what it waits for, and is not kept from ending', async () => {
    const { sink, timers } = rig(Number.POSITIVE_INFINITY);
    timers.sleep = () => new Promise<void>(() => {});
    const restored = sink.restore(0);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(sink.waitsFor(), 'the archive cannot be reached, and is waited for: away');
    sink.end();
    await assert.rejects(restored, ArchiveUnavailableError);
  });

  it('waits for nothing once the archive has answered', async () => {
    const { sink } = rig(1);
    await sink.restore(0);
    assert.equal(sink.waitsFor(), undefined);
  });

  it('fails where the archive refuses', async () => {
    const { sink, waits } = rig(1, new Error('access denied'));
    sink.fold(0, { offset: 3, record: delivery.processed() });
    await assert.rejects(sink.store(new Map([[0, 4]])), /access denied/);
    assert.deepEqual(waits, []);
  });
});
