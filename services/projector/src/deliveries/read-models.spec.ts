import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryReadModels } from '@penstock/adapter-memory';
import type { Fact } from '@penstock/events';
import fc from 'fast-check';
import type { Counts } from '../counters/counter-names.ts';
import { claimed, DeliveryFacts, MINUTE, Rig, releasedBatch, START } from '../rig.spec.ts';
import { rowsUnder } from './partition-rows.ts';

async function rigWith(...facts: readonly Fact[]): Promise<Rig> {
  const rig = new Rig();
  await rig.start();
  await rig.append(...facts);
  await rig.settled();
  return rig;
}

async function totals(rig: Rig): Promise<Counts> {
  rig.time.advance(0);
  const { totals } = await rig.projector.queries.rates.providers(48 * 60);
  return Object.fromEntries(Object.entries(totals.counts).filter(([, count]) => count !== 0));
}

/** Every row that is shown to people. */
async function shown(rig: Rig): Promise<unknown> {
  const store = await new MemoryReadModels(rig.stores).open('projector');
  const rows: unknown[] = [];
  for (const prefix of ['lane|', 'minute|', 'hour|', 'tenant-hour|']) {
    for await (const page of rowsUnder(store, prefix)) rows.push(...page);
  }
  return rows;
}

const CLAIM = claimed(0, 'claim-a');

/** Retried, held, delivered, and reported delivered once more. */
function eventfulLife(): readonly Fact[] {
  const d = new DeliveryFacts('m1');
  return [
    CLAIM,
    d.processed(),
    d.held(0, START + 1_000, ['hourly_limit'], 0),
    d.released(1, START + 2_000, { epoch: 0, provider: 'gmail' }),
    d.remote(1, START + 3_000),
    d.released(2, START + 70_000, { epoch: 0, provider: 'gmail' }),
    d.handedBack(2, START + 71_000),
    d.released(3, START + 72_000, { epoch: 0, provider: 'gmail', attempt: 2 }),
    d.unknownOutcome(3, START + 73_000),
    d.released(4, START + 80_000, { epoch: 0, provider: 'gmail', attempt: 3 }),
    d.delivered(4, START + 90_000, { mayDuplicate: true, provider: 'gmail' }),
    d.delivered(3, START + 91_000, { provider: 'gmail', n: 1 }),
  ];
}

describe('the counters', () => {
  it('count each transition once, by provider and source', async () => {
    const rig = await rigWith(...eventfulLife());
    const { providers } = await rig.projector.queries.rates.providers(5);
    const gmail = providers.find(({ provider }) => provider === 'gmail');
    // Two minutes have passed in the facts, none on the clock: the second minute lies ahead of the window.
    rig.time.advance(2 * MINUTE);
    assert.deepEqual(await totals(rig), {
      accepted: 1,
      released: 4,
      attempts: 3,
      delivered: 1,
      deferredHeld: 1,
      deferredRemote: 1,
      handedBack: 1,
      outcomeUnknown: 1,
      duplicates: 1,
      markedDuplicates: 1,
      latencyMs: 90_000,
    });
    assert.equal(gmail?.counts.released, 1);
    const { sources } = await rig.projector.queries.rates.sources(5);
    assert.deepEqual(
      sources.map(({ source, rates }) => [source, rates.deferralRate]),
      [['ip-1', 1 / 3]],
    );
  });

  it('count nothing of what a deposed scheduler wrote', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(
      CLAIM,
      d.processed(),
      claimed(0, 'claim-b'),
      d.released(1, START, { epoch: 0 }),
      d.dropped(0, START, 0),
      d.released(1, START + 1, { epoch: 2 }),
    );
    assert.deepEqual(await totals(rig), { accepted: 1, released: 1 });
  });

  it('take a batch apart', async () => {
    const [a, b] = [new DeliveryFacts('m1', 0), new DeliveryFacts('m1', 1)];
    const batch = [a, b].map(({ deliveryId }) => ({ deliveryId, release: 1, attempt: 1, retryMs: 1 }));
    const rig = await rigWith(a.processed(), b.processed(), releasedBatch(batch, START), b.bounced(1, START));
    assert.deepEqual(await totals(rig), { accepted: 2, released: 2, attempts: 1, bounced: 1 });
  });

  it('put a fact into the minute it happened in', async () => {
    const rig = await rigWith(new DeliveryFacts('m1').processed(), new DeliveryFacts('m2').processed(START - MINUTE));
    const { totals: thisMinute } = await rig.projector.queries.rates.providers(1);
    assert.equal(thisMinute.counts.accepted, 1);
  });

  it('let go of minutes two days before the newest fact', async () => {
    const old = new DeliveryFacts('m1').processed(START);
    const rig = await rigWith(old, new DeliveryFacts('m2').processed(START + 49 * 60 * MINUTE), old);
    rig.time.advance(49 * 60 * MINUTE);
    assert.deepEqual(await totals(rig), { accepted: 1 });
  });

  it('are the same when every record comes twice', async () => {
    const facts = eventfulLife();
    const once = await rigWith(...facts);
    const twice = await rigWith(...facts.flatMap((fact) => [fact, fact]).slice(1));
    const again = await rigWith(...facts, ...facts.slice(1));
    // A record's offset is its epoch, so the claim stands first in all three.
    for (const rig of [once, twice, again]) rig.time.advance(2 * MINUTE);
    assert.deepEqual(await totals(again), await totals(once));
    assert.deepEqual(await totals(twice), await totals(once));
  });
});

describe('the lanes', () => {
  it('show depth, age and the next due time, and vanish when the last delivery has ended', async () => {
    const [a, b] = [new DeliveryFacts('m1', 0), new DeliveryFacts('m1', 1)];
    const rig = await rigWith(a.processed(START - 2_000), b.processed(START - 1_000), a.released(1, START));
    const { lanes } = await rig.projector.queries.lanes.lanes({ limit: 10 });
    assert.deepEqual(lanes, [
      {
        pool: 'main',
        domain: 'example.org',
        class: 'bulk',
        waiting: 1,
        open: 1,
        held: 0,
        heldBy: {},
        oldestAcceptedAt: START - 2_000,
        nextDueAt: START - 1_000,
        site: 'mx.example.org',
        reasons: [{ kind: 'next_in_turn' }],
      },
    ]);

    await rig.append(a.delivered(1, START), b.released(1, START), b.bounced(1, START));
    await rig.settled();
    assert.deepEqual((await rig.projector.queries.lanes.lanes({ limit: 10 })).lanes, []);
  });

  it('show no address the receiver may have put into its reply', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(d.processed(), d.released(1, START), d.remote(1, START, 90_000, 'no ann@example.org'));
    const answer = JSON.stringify(await rig.projector.queries.lanes.lanes({ limit: 10 }));
    assert.doesNotMatch(answer, /ann@/);
  });

  it('say what the receiver said and when the retry is due', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(d.processed(), d.released(1, START), d.remote(1, START + 5, 90_000));
    const { lanes } = await rig.projector.queries.lanes.lanes({ limit: 10 });
    assert.equal(lanes[0]?.nextDueAt, START + 5 + 90_000);
    assert.deepEqual(lanes[0]?.reasons, [
      {
        kind: 'remote',
        at: START + 5,
        source: 'ip-1',
        phase: 'final_dot',
        cause: 'throttle_rate',
        reply: { code: 451, text: '451 as the server said' },
        retryAt: START + 5 + 90_000,
      },
    ]);
  });

  it('count what is held by reason until it is released', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(
      d.processed(),
      d.held(0, START, ['connection_limit']),
      d.held(0, START + 1, ['operator']),
    );
    const [lane] = (await rig.projector.queries.lanes.lanes({ limit: 10 })).lanes;
    assert.deepEqual([lane?.waiting, lane?.held, lane?.heldBy], [1, 1, { operator: 1 }]);
    assert.equal(lane?.reasons[0]?.kind, 'held');

    await rig.append(d.released(1, START + 2));
    await rig.settled();
    const [released] = (await rig.projector.queries.lanes.lanes({ limit: 10 })).lanes;
    assert.deepEqual([released?.waiting, released?.held, released?.heldBy, released?.open], [0, 0, {}, 1]);
  });

  it('name the suspended path and its evidence', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(d.processed(), d.released(1, START, { provider: 'gmail' }), d.handedBack(1, START));
    await rig.control({
      id: 't1',
      type: 'path_throttled',
      version: 1,
      at: START,
      partition: 0,
      body: {
        source: 'ip-1',
        path: 'ip-1|provider:gmail',
        site: 'mx.example.org',
        provider: 'gmail',
        action: 'suspend',
        until: START + 30_000,
        step: 1,
        reason: 'path_throttled',
        evidence: {
          phase: 'banner',
          reply: { code: 554, text: '554 go away' },
          verdict: { cause: 'ip_blocked', scope: 'path', disposition: 'defer', confidence: 1 },
          deliveryId: d.deliveryId,
        },
      },
    });
    await rig.settled();
    const throttle = {
      source: 'ip-1',
      path: 'ip-1|provider:gmail',
      site: 'mx.example.org',
      provider: 'gmail',
      until: START + 30_000,
      step: 1,
      reason: 'path_throttled',
      text: 'IPs were throttled by recipient server',
      evidence: { phase: 'banner', cause: 'ip_blocked', reply: { code: 554, text: '554 go away' } },
    };
    const [lane] = (await rig.projector.queries.lanes.lanes({ limit: 10 })).lanes;
    assert.deepEqual(lane?.reasons, [{ kind: 'path_throttled', ...throttle }]);
    const { sources } = await rig.projector.queries.rates.sources(5);
    assert.deepEqual(sources[0]?.throttledPaths, [throttle]);

    rig.time.advance(30_000);
    const [later] = (await rig.projector.queries.lanes.lanes({ limit: 10 })).lanes;
    assert.deepEqual(later?.reasons, [{ kind: 'next_in_turn' }]);
  });

  it('add up over partitions and answer by pool, domain and class', async () => {
    const rig = await rigWith(
      new DeliveryFacts('m1', 0, 0).processed(START),
      new DeliveryFacts('m1', 1, 1).processed(START - 5),
      new DeliveryFacts('m1', 2, 2, 'acme', 'other.example').processed(START),
    );
    const { lanes } = rig.projector.queries;
    const all = await lanes.lanes({ limit: 1 });
    assert.deepEqual([all.lanes.length, all.truncated, all.totals.lanes, all.totals.waiting], [1, true, 2, 3]);
    assert.deepEqual([all.lanes[0]?.waiting, all.lanes[0]?.oldestAcceptedAt], [2, START - 5]);
    const other = await lanes.lanes({ limit: 9, pool: 'main', domain: 'other.example', class: 'bulk' });
    assert.equal(other.lanes.length, 1);
    assert.equal((await lanes.lanes({ limit: 9, domain: 'other.example' })).lanes.length, 1);
    assert.equal((await lanes.lanes({ limit: 9, class: 'transactional' })).lanes.length, 0);
  });
});

describe('a restart', () => {
  it('goes on from what is stored, wherever it was cut, and shows what no restart would have shown', async () => {
    const facts = [
      ...eventfulLife(),
      new DeliveryFacts('m2').processed(START + 1),
      new DeliveryFacts('m3').processed(),
    ];
    const uncut = await rigWith(...facts);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('flush', 'checkpoint', 'crash', 'stop', 'none'), { minLength: facts.length }),
        async (steps) => {
          const rig = new Rig();
          await rig.start();
          for (const [index, fact] of facts.entries()) {
            await rig.append(fact);
            if (steps[index] === 'checkpoint') rig.time.advance(6_000);
            if (steps[index] === 'flush' || steps[index] === 'checkpoint') await rig.settled();
            if (steps[index] === 'crash') await rig.crash();
            if (steps[index] === 'stop') {
              await rig.stop();
              await rig.crash();
            }
          }
          await rig.settled();
          assert.deepEqual(await shown(rig), await shown(uncut));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('still knows which late deliveries it has counted', async () => {
    const facts = eventfulLife();
    const rig = await rigWith(...facts);
    await rig.stop();
    await rig.crash();
    await rig.append(...facts.slice(1));
    await rig.settled();
    rig.time.advance(2 * MINUTE);
    assert.equal((await totals(rig)).duplicates, 1);
  });

  it('writes no row for deliveries that came and went between two checkpoints', async () => {
    const rig = await rigWith(...eventfulLife());
    rig.time.advance(10_000);
    await rig.append(new DeliveryFacts('m2').processed(START + 100_000));
    await rig.settled();
    rig.time.advance(10_000);
    await rig.projector.flush();
    const store = await new MemoryReadModels(rig.stores).open('projector');
    const rows = await store.range({ from: 'pending|', to: 'pending}', limit: 10 });
    assert.deepEqual(
      rows.map(({ key }) => key),
      ['pending|0|m2.0.0'],
    );
  });
});

describe('a fact that cannot be read', () => {
  it('is noted and set aside, and the fold goes on', async () => {
    const broken = { ...new DeliveryFacts('m1').processed(), body: { pool: 'main' } } as unknown as Fact;
    const rig = await rigWith(broken, new DeliveryFacts('m2').processed());
    assert.deepEqual(await totals(rig), { accepted: 1 });
    const noted = rig.told.filter(({ event }) => event === 'fact_unreadable');
    assert.deepEqual(
      noted.map(({ fields }) => [fields?.group, fields?.offset, fields?.reason]),
      [
        ['projector', 0, 'domain or pool is missing'],
        ['archive', 0, 'domain or pool is missing'],
      ],
    );
    const dead = await rig.log.read('mail.dead', 0, 0, 10);
    assert.deepEqual(
      dead.map(({ record: { body } }) => [body.group, body.topic, body.offset, body.reason]),
      [
        ['projector', 'mail.events', 0, 'domain or pool is missing'],
        ['archive', 'mail.events', 0, 'domain or pool is missing'],
      ],
    );
    assert.deepEqual(JSON.parse(dead[0]?.record.body.text ?? ''), broken);
  });
});
