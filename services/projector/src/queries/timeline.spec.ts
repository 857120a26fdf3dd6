import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fact } from '@penstock/events';
import { claimed, DeliveryFacts, MINUTE, Rig, START } from '../rig.spec.ts';
import type { Answer, Refusal } from './answers.ts';
import type { Timeline } from './timeline-query.ts';

async function rigWith(...facts: readonly Fact[]): Promise<Rig> {
  const rig = new Rig();
  await rig.start();
  await rig.append(...facts);
  await rig.settled();
  return rig;
}

async function timelineOf(rig: Rig, deliveryId: string): Promise<Timeline> {
  const answer = await rig.projector.queries.timelines.timeline('acme', deliveryId);
  if (answer.kind !== 'found') throw new Error(answer.refusal.message);
  return answer.value;
}

function refusalOf(answer: Answer<unknown>): Refusal {
  if (answer.kind !== 'refused') throw new Error('was found');
  return answer.refusal;
}

const standing = (timeline: Timeline) => timeline.facts.map(({ type, transition }) => `${type} ${transition}`);

describe('a timeline', () => {
  it('tells the whole story in order, with what each fact changed', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(
      claimed(0, 'claim-a'),
      d.processed(),
      d.held(0, START + 1, ['hourly_limit'], 0),
      d.released(1, START + 2, { epoch: 0 }),
      d.remote(1, START + 3, 30_000),
      d.released(2, START + 30_003, { epoch: 0 }),
      d.delivered(2, START + 30_010),
      d.delivered(1, START + 30_020, { n: 1 }),
    );
    const timeline = await timelineOf(rig, d.deliveryId);
    assert.deepEqual(standing(timeline), [
      'processed accepted',
      'deferred noted',
      'released opened',
      'deferred closed',
      'released opened',
      'delivered ended',
      'delivered late',
    ]);
    const { facts, ...rest } = timeline;
    assert.deepEqual(rest, {
      deliveryId: 'm1.0.0',
      messageId: 'm1',
      tenant: 'acme',
      status: 'delivered',
      domain: 'example.org',
      pool: 'main',
      class: 'bulk',
      acceptedAt: START,
      attempts: 2,
      releases: 2,
      duplicates: 1,
    });
    assert.equal(
      facts[1]?.text,
      'Email was deferred due to the following reason(s): [IPs reached ISP-suggested hourly limits]',
    );
    assert.equal(facts[3]?.retryAt, START + 30_003);
    assert.deepEqual(facts[5]?.reply, { code: 250, text: '250 as the server said' });
    assert.equal(facts[5]?.terminal, true);
    assert.equal(facts[6]?.late, true);
    assert.ok(facts[2]?.decision);
  });

  it('shows neither references to content nor the hash of the recipient', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(d.processed(), d.released(1, START), d.remote(1, START, 1, 'bob@example.org is busy'));
    const text = JSON.stringify(await timelineOf(rig, d.deliveryId));
    assert.doesNotMatch(text, /ref-body|ref-recipient|hash-of-the-recipient|bob@/);
  });

  it('says where a delivery is: waiting, held, open or ended', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(d.processed(START, START + MINUTE));
    const steps: [Fact, string, number | undefined][] = [
      [d.held(0, START + 1, ['operator']), 'held', START + MINUTE],
      [d.released(1, START + 2), 'open', undefined],
      [d.handedBack(1, START + 3, START + 500), 'waiting', START + 500],
      [d.released(2, START + 500), 'open', undefined],
      [d.unknownOutcome(2, START + 600), 'waiting', START + 600 + 3_600_000],
      [d.dropped(2, START + 700), 'dropped', undefined],
    ];
    for (const [fact, status, nextAttemptAt] of steps) {
      await rig.append(fact);
      await rig.settled();
      const timeline = await timelineOf(rig, d.deliveryId);
      assert.deepEqual([timeline.status, timeline.nextAttemptAt], [status, nextAttemptAt]);
    }
  });

  it('flags what a deposed scheduler wrote, and believes its successor who writes the same', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(
      claimed(0, 'claim-a'),
      d.processed(),
      claimed(0, 'claim-b'),
      d.dropped(0, START + 1, 0),
      claimed(0, 'claim-b'),
      d.dropped(0, START + 2, 2),
    );
    const timeline = await timelineOf(rig, d.deliveryId);
    assert.deepEqual(standing(timeline), ['processed accepted', 'dropped stale', 'dropped ended']);
    assert.equal(timeline.status, 'dropped');
  });

  it('has each fact once, however often it was written or archived', async () => {
    const d = new DeliveryFacts('m1');
    const facts = [d.processed(), d.released(1, START), d.delivered(1, START)];
    const rig = await rigWith(...facts, ...facts);
    assert.equal((await timelineOf(rig, d.deliveryId)).facts.length, 3);
  });

  it('follows claims that come after the first answer', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(claimed(0, 'claim-a'), d.processed());
    await timelineOf(rig, d.deliveryId);
    await rig.append(claimed(0, 'claim-b'), d.released(1, START, { epoch: 2 }));
    await rig.settled();
    assert.deepEqual(standing(await timelineOf(rig, d.deliveryId)), ['processed accepted', 'released opened']);
  });
});

describe('asking for a delivery', () => {
  it('finds what was written before the question, even if nothing is stored yet', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith();
    await rig.append(d.processed());
    assert.equal((await timelineOf(rig, d.deliveryId)).status, 'waiting');
  });

  it('calls unknown what is, and what is another tenant’s, in the same words', async () => {
    const foreign = new DeliveryFacts('m1', 0, 0, 'umbrella');
    const rig = await rigWith(foreign.processed());
    const { timelines } = rig.projector.queries;
    const unknown = { cause: 'unknown', message: 'no such delivery' };
    assert.deepEqual(refusalOf(await timelines.timeline('acme', foreign.deliveryId)), unknown);
    assert.deepEqual(refusalOf(await timelines.timeline('acme', 'm9.0.0')), unknown);
    assert.deepEqual(refusalOf(await timelines.timeline('acme', 'm9.0.99')), unknown);
  });

  it('names what is wrong with an id', async () => {
    const rig = await rigWith();
    for (const id of ['m1', 'm1.0', 'm1.x.0', 'm1.0.0.0', '../etc.0.0', 'm1.01.0']) {
      const refusal = refusalOf(await rig.projector.queries.timelines.timeline('acme', id));
      assert.deepEqual([refusal.cause, refusal.field], ['bad_request', 'deliveryId']);
    }
  });

  it('does not call unknown what an archive that fell behind might hold', async () => {
    const rig = new Rig();
    await rig.append(new DeliveryFacts('m1').processed());
    const asked = rig.projector.queries.timelines.timeline('acme', 'm1.0.0');
    const answered = asked.then((answer) => refusalOf(answer).cause);
    // Nobody reads the log: patience runs out.
    while (rig.time.waiting === 0) await Promise.resolve();
    rig.time.advance(1_000);
    assert.equal(await answered, 'not_yet_known');
  });
});
