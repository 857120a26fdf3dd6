import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fact } from '@penstock/events';
import type { PartitionHandler } from '@penstock/ports';
import { MemoryEventLog } from './memory-event-log.ts';
import { MemoryLogData } from './memory-log-data.ts';

type Events = 'mail.events';

const GROUP = { group: 'readers', topic: 'mail.events' } as const;

function claim(n: number): Fact {
  const body = { claimId: `c${n}`, owner: 'o' };
  return { id: `f${n}`, type: 'partition_claimed', version: 1, at: n, partition: 0, body };
}

const batchOf = (n: number) => [{ topic: 'mail.events', partition: 0, records: [claim(n)] }] as const;

function recorder(
  onBatch: () => Promise<void> = async () => {},
): PartitionHandler<Events> & { readonly events: string[] } {
  const events: string[] = [];
  return {
    events,
    assigned: async (partition) => {
      events.push(`assigned ${partition}`);
      return 0;
    },
    batch: async (partition, records) => {
      events.push(`batch ${partition} of ${records.length}`);
      await onBatch();
    },
    revoked: async (partition) => void events.push(`revoked ${partition}`),
    failed: (partition, error) => void events.push(`failed ${partition} ${String(error)}`),
  };
}

const one = { partitions: { 'mail.events': 1 } } as const;

describe('memory log', () => {
  it('gives the partitions of a process that died to others, though its handler never returns', async () => {
    const data = new MemoryLogData(one);
    const [dying, living] = [new MemoryEventLog(data), new MemoryEventLog(data)];
    const next = recorder();
    const reached = await new Promise<readonly string[]>((resolve) => {
      const stuck = recorder(() => {
        resolve(stuck.events);
        return new Promise(() => {});
      });
      void dying.join({ ...GROUP, handler: stuck });
      void dying.append(batchOf(0));
    });
    const joined = living.join({ ...GROUP, handler: next });
    dying.disconnect();
    await joined;
    assert.deepEqual(reached, ['assigned 0', 'batch 0 of 1']);
    assert.equal(next.events[0], 'assigned 0');
  });

  it('does not wait for a member that died while it took its partitions', async () => {
    const data = new MemoryLogData(one);
    const [dying, living] = [new MemoryEventLog(data), new MemoryEventLog(data)];
    const stuck = { ...recorder(), assigned: () => new Promise<number>(() => {}) };
    void dying.join({ ...GROUP, handler: stuck });
    const next = recorder();
    const joined = living.join({ ...GROUP, handler: next });
    await Promise.resolve();
    dying.disconnect();
    await joined;
    assert.equal(next.events[0], 'assigned 0');
  });

  it('loses an acknowledgement where the hook says so, and keeps the records', async () => {
    const data = new MemoryLogData(one);
    const log = new MemoryEventLog(data, {
      beforeAcknowledge: () => {
        throw new Error('lost');
      },
    });
    await assert.rejects(log.append(batchOf(0)), /lost/);
    assert.deepEqual(await log.bounds('mail.events', 0), { begin: 0, end: 1 });
  });

  it('stops the partition whose read fails, and tells the member', async () => {
    const data = new MemoryLogData(one);
    const log = new MemoryEventLog(data, {
      beforeRead: (_topic, _partition, from) => {
        if (from > 0) throw new Error('unreadable');
      },
    });
    await log.append(batchOf(0));
    const handler = recorder();
    const membership = await log.join({ ...GROUP, handler });
    await membership.leave();
    assert.ok(handler.events.every((event) => /assigned|batch|failed 0 Error: unreadable|revoked/.test(event)));
  });

  it('refuses offsets that age has taken', async () => {
    const data = new MemoryLogData(one);
    const log = new MemoryEventLog(data);
    await log.append(batchOf(0));
    await log.append(batchOf(1));
    data.truncate('mail.events', 0, 1);
    assert.deepEqual(await log.bounds('mail.events', 0), { begin: 1, end: 2 });
    await assert.rejects(log.read('mail.events', 0, 0, 1), /holds offsets 1 to 2/);
    assert.equal((await log.read('mail.events', 0, 1, 5))[0]?.record.id, 'f1');
  });

  it('is not changed by who changes a record it took', async () => {
    const log = new MemoryEventLog(new MemoryLogData(one));
    const record = claim(0);
    await log.append([{ topic: 'mail.events', partition: 0, records: [record] }]);
    Object.assign(record.body, { claimId: 'changed' });
    assert.deepEqual((await log.read('mail.events', 0, 0, 1))[0]?.record, claim(0));
  });
});
