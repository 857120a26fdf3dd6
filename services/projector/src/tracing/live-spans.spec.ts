import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Fact, releaseContext, type Span } from '@penstock/events';
import type { PartitionHandler, StoredRecord, Tracing } from '@penstock/ports';
import { DeliveryFacts, MINUTE, START } from '../rig.spec.ts';
import { liveSpans, tracedConsumer } from './live-spans.ts';

const SAMPLED = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const stored = (...facts: readonly Fact[]): StoredRecord<'mail.events'>[] =>
  facts.map((record, index) => ({ offset: 100 + index, record }));

const names = (spans: readonly Span[]) => spans.map(({ name }) => name).join(' ');

class CollectedSpans implements Tracing {
  readonly on = true;
  readonly spans: Span[] = [];
  send(spans: readonly Span[]): void {
    this.spans.push(...spans);
  }
  counts = () => ({ sent: this.spans.length, dropped: 0, failed: 0 });
  flush = () => Promise.resolve();
  close = () => Promise.resolve();
}

function traced(tracing: Tracing, batch: PartitionHandler<'mail.events'>['batch']) {
  const handler: PartitionHandler<'mail.events'> = {
    assigned: () => Promise.resolve(7),
    revoked: () => Promise.resolve(),
    failed: () => {},
    batch,
  };
  const wanted = { group: 'projector', topic: 'mail.events', handler } as const;
  const consumer = tracedConsumer(wanted, { tracing, clock: { now: () => START, monotonic: () => 0 } });
  assert.equal(consumer.topic, 'mail.events');
  assert.equal(consumer.group, 'projector');
  return consumer.handler as PartitionHandler<'mail.events'>;
}

describe('live spans', () => {
  const d = new DeliveryFacts('m1');
  const sampled: Fact = { ...d.processed(), traceparent: SAMPLED };

  it('are those of what was sampled, and of every attempt after the first', () => {
    assert.equal(names(liveSpans(stored(sampled), START)), 'accept');
    const unsampled = stored(d.processed(), d.released(1, START), d.remote(1, START, 1_000), d.released(2, START));
    assert.equal(names(liveSpans(unsampled, START)), 'release_batch release');
    const [, release] = liveSpans(unsampled, START);
    assert.equal(release?.traceId, releaseContext(d.deliveryId, 2).traceId);
  });

  it('come with one span for the batch they were read in, linked to them', async () => {
    const tracing = new CollectedSpans();
    await traced(tracing, () => Promise.resolve()).batch(
      0,
      stored(sampled, d.released(1, START), d.released(2, START)),
    );
    assert.equal(names(tracing.spans), 'accept release_batch release project');
    const project = tracing.spans.at(-1);
    assert.equal(project?.attributes['penstock.batch.size'], 3);
    assert.deepEqual(
      project?.links.map(({ spanId }) => spanId),
      [tracing.spans[0]?.spanId, tracing.spans[2]?.spanId],
    );
  });

  it('are the same when the records are read again', async () => {
    const tracing = new CollectedSpans();
    const handler = traced(tracing, () => Promise.resolve());
    await handler.batch(0, stored(sampled));
    await handler.batch(0, stored(sampled));
    assert.deepEqual(tracing.spans.slice(0, 2), tracing.spans.slice(2));
  });

  it('are not made of old facts, nor of what cannot be read', async () => {
    const tracing = new CollectedSpans();
    const handler = traced(tracing, () => Promise.resolve());
    await handler.batch(0, stored({ ...sampled, at: START - 16 * MINUTE }));
    await handler.batch(0, stored({ ...sampled, body: null } as never, { ...d.released(2, START), body: {} } as never));
    assert.deepEqual(tracing.spans, []);
  });

  it('leave to the handler everything else: its position, its waiting, its failure', async () => {
    const tracing = new CollectedSpans();
    const handler = traced(tracing, () => Promise.reject(new Error('full')));
    assert.equal(await handler.assigned(0), 7);
    await assert.rejects(handler.batch(0, stored(sampled)), /full/);
  });
});
