import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryContentData, MemoryContentStore, MemoryLogData } from '@penstock/adapter-memory';
import { systemTimers } from '@penstock/adapter-system';
import { TOPICS } from '@penstock/events';
import type { AnyAppendBatch, ContentStore } from '@penstock/ports';
import { KEYS, mailBody, type Rig, type RigOptions, startIngest, until } from '../ingest-rig.spec.ts';

async function submit(rig: Rig, recipients: number, prefix = 'r'): Promise<string> {
  const key = rig.ingest.keys.find(KEYS.bulk);
  assert.ok(key);
  const personalizations = Array.from({ length: recipients }, (_, i) => ({
    to: [{ email: `${prefix}${i}@example.org` }],
  }));
  const answer = await rig.ingest.mailSend.send(mailBody({ personalizations, categories: ['news'] }), key);
  assert.equal(answer.status, 202);
  return answer.messageId ?? '';
}

const aTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

const distinct = (rig: Rig) => new Set(rig.processed().map(({ id }) => id)).size;

/** A log that fails the appends of processed facts a given number of times, before or after storing them. */
function failing(times: number, when: 'beforeStore' | 'beforeAcknowledge'): RigOptions {
  let left = times;
  const fail = (topic: string) => {
    if (topic === TOPICS.events && left-- > 0) throw new Error('not known to be durable');
  };
  const hooks =
    when === 'beforeStore'
      ? { beforeStore: (batch: AnyAppendBatch) => fail(batch.topic) }
      : { beforeAcknowledge: (batches: readonly AnyAppendBatch[]) => fail(batches[0]?.topic ?? '') };
  return { hooks, timers: { after: () => ({ cancel: () => {} }), sleep: async () => {} } };
}

/** The positions all partitions of mail.submissions are committed at, together. */
const committed = (logData: MemoryLogData) =>
  [0, 1, 2, 3].reduce(
    (sum, partition) => sum + (logData.committed.get(`ingest-expander ${TOPICS.submissions}-${partition}`) ?? 0),
    0,
  );

describe('expansion', () => {
  it('writes one processed fact per recipient, each once, and then commits', async () => {
    const rig = await startIngest();
    const ids = [await submit(rig, 1000), await submit(rig, 2), await submit(rig, 700, 's')];
    await until(() => committed(rig.logData) === 3);
    const facts = rig.processed();
    assert.equal(facts.length, 1702);
    assert.equal(distinct(rig), 1702);
    for (const fact of facts) {
      assert.ok(fact.body.expanded);
      assert.deepEqual(fact.body.categories, ['news']);
      assert.ok(ids.includes(fact.messageId ?? ''));
      assert.ok(rig.message(fact).includes(`Message-ID: <${fact.deliveryId}@example.com>`));
    }
    await rig.stop();
  });

  it('after a crash between append and commit writes the same facts again, and no other', async () => {
    const logData = new MemoryLogData();
    const contentData = new MemoryContentData();
    const first = await startIngest({ logData, contentData });
    await submit(first, 500);
    await until(() => committed(logData) === 1);
    const before = first.processed();
    await first.stop();
    logData.committed.clear();
    const second = await startIngest({ logData, contentData });
    await until(() => committed(logData) === 1);
    assert.equal(second.processed().length, 1000);
    assert.equal(distinct(second), 500);
    const again = new Map(second.processed().map((fact) => [fact.id, fact]));
    for (const fact of before) assert.deepEqual(again.get(fact.id), fact);
    await second.stop();
  });

  for (const when of ['beforeStore', 'beforeAcknowledge'] as const) {
    it(`repeats an append that fails ${when === 'beforeStore' ? 'before' : 'after'} it is stored, and commits only then`, async () => {
      const rig = await startIngest(failing(3, when));
      await submit(rig, 10);
      await until(() => committed(rig.logData) === 1);
      assert.equal(distinct(rig), 10);
      assert.equal(rig.ingest.notReady(), undefined);
      await rig.stop();
    });
  }

  it('waits for a log that is away however long, says so and commits nothing meanwhile', async () => {
    const state = { away: true };
    const hooks = {
      beforeStore: ({ topic }: AnyAppendBatch) => {
        if (topic === TOPICS.events && state.away) throw new Error('not known to be durable');
      },
    };
    const rig = await startIngest({ hooks, timers: { after: () => ({ cancel: () => {} }), sleep: aTurn } });
    await submit(rig, 10);
    await until(() => rig.ingest.notReady() !== undefined);
    assert.equal(rig.ingest.notReady(), 'expansion waits for content or for the log');
    assert.equal(committed(rig.logData), 0);
    state.away = false;
    await until(() => committed(rig.logData) === 1);
    assert.deepEqual([distinct(rig), rig.ingest.notReady()], [10, undefined]);
    await rig.stop();
  });

  it('waits for content that cannot be read for longer than a moment', async () => {
    const contentData = new MemoryContentData();
    const store = new MemoryContentStore(contentData);
    let failures = 0;
    const content: ContentStore = {
      put: (blobs) => store.put(blobs),
      get: async (reference) => {
        if (failures++ < 50) throw new Error('connection refused');
        return store.get(reference);
      },
    };
    const rig = await startIngest({
      contentData,
      content,
      timers: { after: () => ({ cancel: () => {} }), sleep: aTurn },
    });
    await submit(rig, 10);
    await until(() => committed(rig.logData) === 1);
    assert.equal(distinct(rig), 10);
    await rig.stop();
  });

  it('waits no longer when ingest stops', async () => {
    const rig = await startIngest({ ...failing(1_000_000, 'beforeStore'), timers: systemTimers });
    await submit(rig, 10);
    await until(() => rig.logged.some(({ event }) => event === 'expansion_retried'));
    await rig.stop();
    assert.equal(committed(rig.logData), 0);
  });

  it('stops at once where the manifest is gone', async () => {
    const logData = new MemoryLogData();
    const first = await startIngest({ logData });
    await submit(first, 10);
    await first.stop();
    logData.committed.clear();
    const second = await startIngest({ logData, contentData: new MemoryContentData() });
    await until(() => second.ingest.notReady() !== undefined);
    assert.ok(!second.logged.some(({ event }) => event === 'expansion_retried'));
    await second.stop();
  });
});
