import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Embedded, type FollowerSettings, openEmbedded } from '@penstock/adapter-embedded';
import type { Fact } from '@penstock/events';
import type { Timers } from '@penstock/ports';
import { ThreadedProjector } from './threaded-projector.ts';

const DELIVERY_ID = 'm1.0.0';
/** Restarts are not waited for. */
const timers: Timers = {
  after: (_, callback) => {
    const immediate = setImmediate(callback);
    return { cancel: () => clearImmediate(immediate) };
  },
  sleep: () => Promise.resolve(),
};

function processed(partition: number, messageId = 'm1'): Fact {
  return {
    id: `processed-${messageId}`,
    type: 'processed',
    version: 1,
    at: 1,
    partition,
    deliveryId: `${messageId}.0.${partition}`,
    messageId,
    tenant: 'acme',
    body: {
      content: { body: 'b', recipient: 'r' },
      index: 0,
      domain: 'example.org',
      recipientHash: 'h',
      class: 'bulk',
      pool: 'main',
      acceptedAt: 1,
      sendAt: 1,
      size: 10,
      protocol: 'http',
      expanded: false,
    },
  };
}

interface Rig {
  readonly engine: Embedded;
  readonly told: string[];
  projector(follow?: () => Promise<FollowerSettings>): ThreadedProjector;
}

async function withEngine(body: (rig: Rig) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'penstock-projection-'));
  const told: string[] = [];
  const telemetry = { log: (_: string, event: string) => told.push(event) };
  const engine = await openEmbedded({ dataDir, telemetry, onFatal: () => undefined });
  try {
    const projector = (follow = () => engine.follow()) => new ThreadedProjector({ dataDir, telemetry, timers, follow });
    await body({ engine, told, projector });
  } finally {
    await engine.close();
    rmSync(dataDir, { recursive: true });
  }
}

async function append(engine: Embedded, ...facts: readonly Fact[]): Promise<void> {
  for (const record of facts) {
    await engine.log.append([{ topic: 'mail.events', partition: record.partition, records: [record] }]);
  }
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

describe('the projector on a thread of its own', () => {
  it('answers from what the log holds, and goes on from what it stored after a restart', async () => {
    await withEngine(async ({ engine, projector }) => {
      const first = projector();
      await first.start();
      await append(engine, processed(0));
      const answer = await first.queries.timelines.timeline('acme', DELIVERY_ID);
      assert.equal(answer.kind === 'found' && answer.value.status, 'waiting');
      await first.stop();
      await append(engine, processed(1, 'm2'));
      const second = projector();
      await second.start();
      for (const messageId of ['m1', 'm2']) {
        const found = await second.queries.messages.message('acme', messageId, { limit: 10 });
        assert.equal(found.kind === 'found' && found.value.deliveries.length, 1, messageId);
      }
      await second.stop();
      await assert.rejects(second.queries.lanes.lanes({ limit: 1 }), /does not run/);
    });
  });

  it('tells why it is not ready', async () => {
    await withEngine(async ({ projector }) => {
      const threaded = projector();
      assert.match(threaded.notReady() ?? '', /not started/);
      await threaded.start();
      await until(() => /no policy/.test(threaded.notReady() ?? ''));
      await threaded.stop();
    });
  });

  it('is started again when its thread ends, and folds what it missed', async () => {
    await withEngine(async ({ engine, told, projector }) => {
      let follows = 0;
      const threaded = projector(async () => {
        const settings = await engine.follow();
        return follows++ === 0 ? { ...settings, salt: settings.salt ^ 1 } : settings;
      });
      await threaded.start();
      await append(engine, processed(0));
      await until(() => told.includes('projector_thread_ended'));
      await until(async () => {
        const answer = await threaded.queries.timelines.timeline('acme', DELIVERY_ID).catch(() => undefined);
        return answer?.kind === 'found';
      });
      assert.equal(follows, 2);
      await threaded.stop();
    });
  });

  it('begins no thread that nobody would end, when it is stopped just before', async () => {
    await withEngine(async ({ engine, projector }) => {
      let go: () => void = () => {};
      const asked = new Promise<void>((resolve) => {
        go = resolve;
      });
      const threaded = projector(async () => {
        await asked;
        return engine.follow();
      });
      const starting = assert.rejects(threaded.start(), /stopping/);
      await threaded.stop();
      go();
      await starting;
      await assert.rejects(threaded.queries.lanes.lanes({ limit: 1 }), /does not run/);
    });
  });
});
