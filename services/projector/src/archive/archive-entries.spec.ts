import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fact } from '@penstock/events';
import { claimed, DeliveryFacts, releasedBatch, START } from '../rig.spec.ts';
import { archiveEntries } from './archive-entries.ts';

const [a, b] = [new DeliveryFacts('m1', 0, 0, 'acme', 'example.org', true), new DeliveryFacts('m2', 1)];

function parsed(record: Fact, text?: string) {
  return archiveEntries(record, 7, text).map(({ json, ...entry }) => ({ ...entry, data: JSON.parse(json) as unknown }));
}

describe('what a fact adds to the archive', () => {
  it('is the fact with its place, whether its text was at hand or not', () => {
    for (const fact of [a.processed(), a.held(0, START, ['operator'], 3), b.delivered(1, START), claimed(0, 'c')]) {
      const [first] = parsed(fact);
      assert.deepEqual(first?.data, { ...fact, offset: 7 });
      assert.deepEqual(parsed(fact, JSON.stringify(fact, null, 1)), parsed(fact));
    }
  });

  it('is one event for each delivery of a batch, as if it had been released alone', () => {
    const deliveries = [a, b].map(({ deliveryId }, n) => ({ deliveryId, release: n + 1, attempt: 1, retryMs: 9 }));
    const batch = releasedBatch(deliveries, START, { epoch: 2 });
    assert.deepEqual(
      parsed(batch),
      deliveries.map((delivery, n) => ({
        stream: delivery.deliveryId,
        eventId: `${batch.id}@2`,
        type: 'released',
        at: START,
        data: {
          ...batch,
          deliveryId: delivery.deliveryId,
          messageId: `m${n + 1}`,
          release: n + 1,
          body: { ...batch.body, deliveries: [delivery] },
          offset: 7,
        },
      })),
    );
  });

  it('lists the delivery under its message where the message has several', () => {
    const entries = parsed(a.processed());
    assert.deepEqual(entries[1], {
      stream: 'message-m1',
      eventId: 'm1.0.0',
      type: 'delivery_listed',
      at: START,
      data: { type: 'delivery_listed', deliveryId: 'm1.0.0', tenant: 'acme', domain: 'example.org' },
    });
    assert.equal(parsed(b.processed()).length, 1);
  });
});
