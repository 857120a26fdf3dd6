import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Fact } from '@penstock/events';
import type { Consumer, Membership } from '@penstock/ports';
import { type Embedded, openEmbedded } from '../open-embedded.ts';
import { type FollowedLog, followLog } from './following-log.ts';

interface Rig {
  readonly engine: Embedded;
  readonly followed: FollowedLog;
  readonly failures: unknown[];
  restart(): Promise<void>;
}

const telemetry = { log: () => undefined };

function withRig(body: (rig: Rig) => Promise<void>, segmentBytes = 64 * 1024): () => Promise<void> {
  return async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'penstock-follower-'));
    const failures: unknown[] = [];
    const open = async () => {
      const engine = await openEmbedded({ dataDir, telemetry, onFatal: (error) => failures.push(error), segmentBytes });
      const followed = followLog(await engine.follow(), ['mail.events'], (error) => failures.push(error));
      return { engine, followed };
    };
    let opened = await open();
    const close = async () => {
      await opened.followed.close();
      await opened.engine.close();
    };
    const restart = async () => {
      await close();
      opened = await open();
    };
    try {
      const rig = {
        get engine() {
          return opened.engine;
        },
        get followed() {
          return opened.followed;
        },
        failures,
        restart,
      };
      await body(rig);
      assert.deepEqual(failures, []);
    } finally {
      await close();
      rmSync(dataDir, { recursive: true });
    }
  };
}

function fact(partition: number, n: number, text = 'x'): Fact {
  const body = { claimId: `claim-${n}`, owner: `},{"id":"${text}` };
  return { id: `${partition}-${n}`, type: 'partition_claimed', version: 1, at: n, partition, body };
}

/** Appends batches of one to seven records with content between them; answers how many records there are. */
async function fill(engine: Embedded, partition: number, from: number, batches: number): Promise<number> {
  let n = from;
  for (let i = 0; i < batches; i++) {
    await engine.content.put([new Uint8Array(1_000 * (i % 5))]);
    const records = Array.from({ length: 1 + (i % 7) }, () => fact(partition, n++, 'y'.repeat(i % 300)));
    await engine.log.append([{ topic: 'mail.events', partition, records }]);
  }
  return n;
}

class Collector {
  readonly ids: string[] = [];
  readonly texts: (string | undefined)[] = [];
  readonly failed: unknown[] = [];
  private waiting: { readonly count: number; readonly resolve: () => void } | undefined;

  consumer(group: string, from = 0): Consumer<'mail.events'> {
    return {
      group,
      topic: 'mail.events',
      partitions: [1],
      handler: {
        assigned: async () => from,
        batch: async (_, records) => {
          for (const { record, text } of records) {
            this.ids.push(record.id);
            this.texts.push(text);
          }
          if (this.waiting && this.ids.length >= this.waiting.count) this.waiting.resolve();
        },
        revoked: async () => undefined,
        failed: (_, error) => this.failed.push(error),
      },
    };
  }

  async has(count: number): Promise<void> {
    if (this.ids.length >= count) return;
    await new Promise<void>((resolve) => {
      this.waiting = { count, resolve };
    });
  }
}

function expected(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, n) => `1-${from + n}`);
}

describe('following the log from its files', () => {
  it(
    'gives a consumer every record once, in order and with its text, over many segments, as it becomes durable',
    withRig(async ({ engine, followed }) => {
      const collector = new Collector();
      const membership = await followed.join(collector.consumer('g'));
      const [count] = await Promise.all([fill(engine, 1, 0, 200), fill(engine, 2, 0, 50)]);
      await collector.has(count);
      assert.deepEqual(collector.ids, expected(0, count));
      const texts = collector.texts.map((text) => (JSON.parse(text ?? '{}') as Fact).id);
      assert.deepEqual(texts, collector.ids);
      await membership.leave();
    }),
  );

  it(
    'begins where the consumer wants, in what was written before it followed, and goes on with what comes',
    withRig(async (rig) => {
      const before = await fill(rig.engine, 1, 0, 150);
      await rig.restart();
      const collector = new Collector();
      const membership = await rig.followed.join(collector.consumer('g', 17));
      const count = await fill(rig.engine, 1, before, 40);
      await collector.has(count - 17);
      assert.deepEqual(collector.ids, expected(17, count));
      await membership.leave();
    }),
  );

  it(
    'lets one consumer come from far behind while another keeps up, and holds nothing for one that failed',
    withRig(async (rig) => {
      const before = await fill(rig.engine, 1, 0, 100);
      await rig.restart();
      const [ahead, behind] = [new Collector(), new Collector()];
      const members: Membership[] = [await rig.followed.join(ahead.consumer('ahead', before))];
      const broken = new Collector().consumer('broken', before);
      const failing = { ...broken.handler, batch: () => Promise.reject(new Error('no room')) };
      members.push(await rig.followed.join({ ...broken, handler: failing }));
      members.push(await rig.followed.join(behind.consumer('behind', 0)));
      const count = await fill(rig.engine, 1, before, 60);
      await Promise.all([ahead.has(count - before), behind.has(count)]);
      assert.deepEqual(ahead.ids, expected(before, count));
      assert.deepEqual(behind.ids, expected(0, count));
      for (const member of members) await member.leave();
    }),
  );

  it(
    'tells bounds and committed positions as the log has them',
    withRig(async ({ engine, followed }) => {
      const count = await fill(engine, 3, 0, 5);
      await engine.log.commit('ingest-expander', 'mail.submissions', 0, 12);
      assert.deepEqual(await followed.bounds('mail.events', 3), { begin: 0, end: count });
      assert.equal(await followed.committed('ingest-expander', 'mail.submissions', 0), 12);
      await assert.rejects(followed.append([]), /appends nothing/);
    }),
  );
});
