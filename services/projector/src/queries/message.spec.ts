import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Received } from '@penstock/events';
import { DeliveryFacts, Rig, START } from '../rig.spec.ts';
import type { Answer } from './answers.ts';

function contentOf<T>(answer: Answer<T>): T {
  if (answer.kind !== 'found') throw new Error(answer.refusal.message);
  return answer.value;
}

const CAUSE = (answer: Answer<unknown>) => (answer.kind === 'refused' ? answer.refusal.cause : 'found');

function recipient(index: number): DeliveryFacts {
  return new DeliveryFacts('m1', index, index % 4, 'acme', 'example.org', true);
}

async function campaign(recipients: number): Promise<Rig> {
  const rig = new Rig();
  await rig.start();
  const deliveries = Array.from({ length: recipients }, (_, index) => recipient(index));
  await rig.append(...deliveries.map((delivery) => delivery.processed()));
  const [first, second] = deliveries;
  if (first) await rig.append(first.released(1, START), first.delivered(1, START + 5));
  if (second) await rig.append(second.released(1, START), second.bounced(1, START + 5));
  await rig.settled();
  return rig;
}

describe('asking for a message', () => {
  it('lists each delivery with its status, and counts them all', async () => {
    const { projector } = await campaign(4);
    const { deliveries, counts, next } = contentOf(
      await projector.queries.messages.message('acme', 'm1', { limit: 2 }),
    );
    const statuses = new Map(deliveries.map(({ deliveryId, status }) => [deliveryId, status]));
    assert.equal(deliveries.length, 2);
    assert.equal(statuses.get('m1.0.0') ?? 'delivered', 'delivered');
    assert.deepEqual(counts, { waiting: 2, held: 0, open: 0, delivered: 1, bounced: 1, dropped: 0, total: 4 });
    assert.equal(next, 2);
  });

  it('gives a thousand recipients page by page, each once', async () => {
    const { projector } = await campaign(1_000);
    const seen = new Set<string>();
    let after: number | undefined;
    let pages = 0;
    do {
      const page = contentOf(
        await projector.queries.messages.message('acme', 'm1', { limit: 300, ...(after !== undefined && { after }) }),
      );
      for (const { deliveryId } of page.deliveries) seen.add(deliveryId);
      assert.equal(page.counts?.total, after === undefined ? 1_000 : undefined);
      after = page.next;
      pages++;
    } while (after !== undefined);
    assert.deepEqual([seen.size, pages], [1_000, 4]);
  });

  it('answers nothing of another tenant’s, on no page', async () => {
    const { projector } = await campaign(4);
    const { messages } = projector.queries;
    assert.equal(CAUSE(await messages.message('umbrella', 'm1', { limit: 2 })), 'unknown');
    assert.equal(CAUSE(await messages.message('umbrella', 'm1', { limit: 2, after: 2 })), 'unknown');
    assert.equal(CAUSE(await messages.message('umbrella', 'm1', { limit: 2, after: 99 })), 'unknown');
    assert.equal(CAUSE(await messages.message('acme', 'm2', { limit: 2 })), 'unknown');
    assert.equal(CAUSE(await messages.message('acme', 'm 2', { limit: 2 })), 'bad_request');
  });

  it('finds a single recipient in whichever partition it lies', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.append(new DeliveryFacts('m1', 0, 3).processed());
    await rig.settled();
    const { messages } = rig.projector.queries;
    const message = contentOf(await messages.message('acme', 'm1', { limit: 2 }));
    assert.deepEqual(
      [message.deliveries[0]?.deliveryId, message.counts?.total, message.next],
      ['m1.0.3', 1, undefined],
    );
    assert.equal(CAUSE(await messages.message('umbrella', 'm1', { limit: 2 })), 'unknown');
    assert.equal(CAUSE(await messages.message('umbrella', 'm1', { limit: 2, after: 1 })), 'unknown');
  });

  it('waits for a submission that is accepted but not yet expanded', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.log.append([{ topic: 'mail.submissions', partition: 1, records: [received('m1')] }]);
    const asked = rig.projector.queries.messages.message('acme', 'm1', { limit: 9 });
    while (rig.time.waiting === 0) await Promise.resolve();
    await rig.append(recipient(0).processed());
    await rig.log.commit('ingest-expander', 'mail.submissions', 1, 1);
    rig.time.advance(20);
    assert.equal(contentOf(await asked).deliveries.length, 1);
  });

  it('says so when that takes too long', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.log.append([{ topic: 'mail.submissions', partition: 1, records: [received('m1')] }]);
    let cause: string | undefined;
    const asked = rig.projector.queries.messages.message('acme', 'm1', { limit: 9 }).then((answer) => {
      cause = CAUSE(answer);
    });
    for (let turn = 0; turn < 10_000 && cause === undefined; turn++) {
      await Promise.resolve();
      if (rig.time.waiting > 0) rig.time.advance(20);
    }
    await asked;
    assert.equal(cause, 'not_yet_known');
  });
});

function received(messageId: string): Received {
  return {
    id: `received/${messageId}`,
    type: 'received',
    version: 1,
    at: START,
    partition: 1,
    messageId,
    tenant: 'acme',
    body: {
      manifest: 'ref-manifest',
      body: 'ref-body',
      recipients: 1,
      partitionCount: 4,
      class: 'bulk',
      pool: 'main',
      acceptedAt: START,
      protocol: 'http',
      size: 2_000,
    },
  };
}
