import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fact } from '@penstock/events';
import { DeliveryFacts, MINUTE, Rig, START } from '../rig.spec.ts';
import type { DeferralTimeline } from './deferral-query.ts';

const HOUR = 60 * MINUTE;
const BY = ['hour', 'provider', 'source'] as const;

async function rigWith(...facts: readonly Fact[]): Promise<Rig> {
  const rig = new Rig();
  await rig.start();
  await rig.append(...facts);
  await rig.settled();
  rig.time.advance(3 * HOUR);
  return rig;
}

function at(provider: string, source: string, fact: Fact): Fact {
  return { ...fact, body: { ...fact.body, provider, source } } as Fact;
}

/** Put off twice, held in between, and delivered in the second hour. */
function recovered(messageId = 'm1', tenant = 'acme'): readonly Fact[] {
  const d = new DeliveryFacts(messageId, 0, 0, tenant);
  return [
    d.processed(),
    d.released(1, START, { provider: 'gmail' }),
    at('gmail', 'ip-1', d.remote(1, START + MINUTE)),
    d.held(1, START + 10 * MINUTE, ['hourly_limit']),
    d.held(1, START + 70 * MINUTE, ['hourly_limit', 'path_throttled']),
    d.released(2, START + 80 * MINUTE, { provider: 'gmail' }),
    at('gmail', 'ip-1', d.remote(2, START + 81 * MINUTE)),
    d.released(3, START + 90 * MINUTE, { provider: 'gmail' }),
    at('gmail', 'ip-1', d.delivered(3, START + 90 * MINUTE)),
  ];
}

function deferrals(rig: Rig, filter: object = {}): Promise<DeferralTimeline> {
  return rig.projector.queries.deferrals.deferrals({ hours: 24, by: BY, limit: 100, ...filter });
}

describe('the timeline of deferrals', () => {
  it('tells each definition of the deferral rate from the others', async () => {
    const clean = new DeliveryFacts('m2');
    const rig = await rigWith(
      ...recovered(),
      clean.processed(),
      clean.released(1, START, { provider: 'gmail' }),
      at('gmail', 'ip-1', clean.delivered(1, START)),
    );
    const { totals } = await deferrals(rig);
    assert.deepEqual(totals.counts, {
      attempts: 4,
      firstAttempts: 2,
      delivered: 2,
      bounced: 0,
      dropped: 0,
      outcomeUnknown: 0,
      deferredRemote: 2,
      deliveriesDeferred: 1,
      deferredHeld: 2,
      deliveriesHeld: 1,
      latencyMs: 90 * MINUTE,
      recovered: 1,
      recoveredMs: 90 * MINUTE,
    });
    assert.deepEqual(totals.rates, {
      deferralRate: 2 / 4,
      deliveriesDeferredRate: 1 / 2,
      eventRate: 4 / 6,
      recoveredRate: 1,
      meanLatencyMs: 45 * MINUTE,
      meanRecoveredMs: 90 * MINUTE,
    });
    assert.deepEqual(totals.causes, { throttle_rate: 2 });
    assert.deepEqual(totals.heldBy, { hourly_limit: 2, path_throttled: 1 });
  });

  it('has a row for each hour, provider and source, or for fewer of them', async () => {
    const other = new DeliveryFacts('m2');
    const rig = await rigWith(
      ...recovered(),
      other.processed(),
      other.released(1, START, { provider: 'yahoo' }),
      at('yahoo', 'ip-2', other.remote(1, START)),
    );
    const { rows } = await deferrals(rig, { by: ['hour', 'source'] });
    const short = rows.map(({ hour, source, counts }) => [hour, source, counts.deferredRemote, counts.deferredHeld]);
    assert.deepEqual(short, [
      [START, '', 0, 1],
      [START, 'ip-1', 1, 0],
      [START, 'ip-2', 1, 0],
      [START + HOUR, '', 0, 1],
      [START + HOUR, 'ip-1', 1, 0],
    ]);
    const byProvider = await deferrals(rig, { by: ['provider'] });
    assert.deepEqual(
      byProvider.rows.map(({ provider, counts }) => [provider, counts.deferredRemote]),
      [
        ['gmail', 2],
        ['yahoo', 1],
      ],
    );
    assert.equal((await deferrals(rig, { limit: 2 })).truncated, true);
  });

  it('is narrowed to a provider, a source, a tenant and hours', async () => {
    const rig = await rigWith(...recovered('m1', 'acme'), ...recovered('m2', 'umbrella'));
    const count = async (filter: object) => (await deferrals(rig, filter)).totals.counts.deferredRemote;
    assert.equal(await count({}), 4);
    assert.equal(await count({ tenant: 'acme' }), 2);
    assert.equal(await count({ tenant: 'nobody' }), 0);
    assert.equal(await count({ provider: 'yahoo' }), 0);
    assert.equal(await count({ source: 'ip-1' }), 4);
    assert.equal(await count({ to: { kind: 'time', at: START + HOUR - 1 } }), 2);
    // Three hours have passed on the clock: two hours ago it was the second one of the facts.
    assert.equal(await count({ hours: 1, to: { kind: 'ago', ms: 2 * HOUR } }), 2);
    assert.equal(await count({ hours: 2 }), 0);
  });

  it('counts each fact once, however often it stands in the log and whenever the projector dies', async () => {
    const facts = recovered();
    const once = await deferrals(await rigWith(...facts));
    const rig = await rigWith(...facts.flatMap((fact) => [fact, fact]));
    await rig.crash();
    await rig.append(...facts);
    await rig.settled();
    assert.deepEqual((await deferrals(rig)).rows, once.rows);
  });

  it('counts a delivery once that is put off before and after a restart', async () => {
    const facts = recovered();
    const rig = new Rig();
    await rig.start();
    await rig.append(...facts.slice(0, 4));
    await rig.settled();
    await rig.stop();
    await rig.crash();
    await rig.append(...facts.slice(4));
    await rig.settled();
    rig.time.advance(3 * HOUR);
    const { counts } = (await deferrals(rig)).totals;
    assert.deepEqual([counts.deliveriesDeferred, counts.deliveriesHeld, counts.recovered], [1, 1, 1]);
  });
});
