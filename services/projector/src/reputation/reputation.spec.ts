import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryLogData, MemoryReadModels } from '@penstock/adapter-memory';
import type { Control, Fact, ReputationChanged, Scope, Verdict } from '@penstock/events';
import { prefixEnd } from '@penstock/ports';
import { REPUTATION_RULES } from '@penstock/reputation';
import { DeliveryFacts, MINUTE, Rig, START } from '../rig.spec.ts';
import { LOOK_MS } from './reputation-publisher.ts';
import type { ReputationView } from './reputation-query.ts';

const HOUR = 60 * MINUTE;
/** Ten outcomes rate a sender: specs need not write thousands of facts. */
const RULES = { ...REPUTATION_RULES, minOutcomes: 10 };

interface Life {
  readonly tenant?: string;
  readonly source?: string;
  readonly provider?: string;
  readonly warming?: true;
  readonly at?: number;
}

type End = (delivery: DeliveryFacts, at: number) => Fact;

let lives = 0;

/** Released once, and met so. */
function met(end: End, life: Life = {}): readonly Fact[] {
  const { tenant = 'acme', source = 'ip-1', provider = 'gmail', warming, at = START } = life;
  const delivery = new DeliveryFacts(`m${++lives}`, 0, 0, tenant);
  const released = delivery.released(1, at, { provider });
  const route = { source, provider, ...(warming && { warming }) };
  return [
    delivery.processed(at),
    { ...released, body: { ...released.body, ...route } } as Fact,
    withBody(end(delivery, at), { source, provider }),
  ];
}

function withBody(fact: Fact, more: object): Fact {
  return { ...fact, body: { ...fact.body, ...more } } as Fact;
}

const taken: End = (d, at) => d.delivered(1, at);
const unknownUser: End = (d, at) => withBody(d.bounced(1, at), { phase: 'rcpt' });

function putOff(cause: string, scope: Scope = 'recipient', phase = 'rcpt'): End {
  const verdict: Verdict = { cause, scope, disposition: 'defer', confidence: 1 };
  return (d, at) => withBody(d.remote(1, at), { phase, scope, verdict });
}

function times(count: number, end: End, life?: Life): readonly Fact[] {
  return Array.from({ length: count }, () => met(end, life)).flat();
}

async function rigWith(...facts: readonly Fact[]): Promise<Rig> {
  const rig = new Rig(new MemoryLogData(), { publishes: true, reputationRules: RULES });
  await rig.start();
  await rig.control(policy());
  await rig.append(...facts);
  await rig.settled();
  return rig;
}

function policy(): Control {
  const body = { policyVersion: 'ba7816bf8f01', text: '', changedBy: 'spec' };
  return { id: 'policy', type: 'policy_changed', version: 1, at: START, partition: 0, body };
}

async function standing(rig: Rig, name: string, subject: 'tenant' | 'source' = 'tenant'): Promise<ReputationView> {
  const { reputations } = await rig.projector.queries.reputations.reputations({ subject, name, limit: 10 });
  const [view] = reputations;
  assert.ok(view, `${subject} ${name}`);
  return view;
}

describe('a reputation', () => {
  it('is of the tenant and of the source, by provider and in total', async () => {
    const rig = await rigWith(
      ...times(95, taken),
      ...times(5, unknownUser),
      ...times(20, taken, { tenant: 'umbrella', provider: 'yahoo' }),
    );
    const acme = await standing(rig, 'acme');
    assert.deepEqual([acme.score, acme.grade, acme.outcomes, acme.rates.bounces], [85, 'good', 100, 0.05]);
    assert.equal((await standing(rig, 'umbrella')).score, 100);
    const source = await standing(rig, 'ip-1', 'source');
    assert.deepEqual(
      source.providers.map(({ provider, score }) => [provider, score]),
      [
        ['gmail', 85],
        ['yahoo', 100],
      ],
    );
    // 5 of 120.
    assert.equal(source.score, 89);
  });

  it('rates nobody with too few outcomes', async () => {
    const rig = await rigWith(...times(9, taken));
    const { score, grade, outcomes } = await standing(rig, 'acme');
    assert.deepEqual([score, grade, outcomes], [null, 'unrated', 9]);
    assert.equal((await standing(rig, 'stranger')).score, null);
  });

  it('does not suffer from greylisting, throttled paths, what we hold or what we hand back', async () => {
    const rig = await rigWith(
      ...times(20, taken),
      ...times(50, putOff('greylisted')),
      ...times(50, putOff('throttle_rate', 'path')),
      ...times(50, putOff('not_available', 'path', 'banner')),
      ...times(50, (d, at) => d.handedBack(1, at)),
      ...times(50, (d, at) => d.held(1, at, ['hourly_limit'])),
    );
    const { score, outcomes } = await standing(rig, 'acme');
    assert.deepEqual([score, outcomes], [100, 20]);
  });

  it('does not count what came of a source in warm-up, for the source or the tenant', async () => {
    const rig = await rigWith(
      ...times(20, taken),
      ...times(50, putOff('mailbox_full'), { warming: true }),
      ...times(50, unknownUser, { warming: true, source: 'ip-2' }),
    );
    assert.deepEqual([(await standing(rig, 'acme')).score, (await standing(rig, 'acme')).outcomes], [100, 20]);
    assert.equal((await standing(rig, 'ip-2', 'source')).outcomes, 0);
  });

  it('counts a recipient who is put off again and again once, and then how it ended', async () => {
    const delivery = new DeliveryFacts('patient');
    const full = { phase: 'rcpt', verdict: { cause: 'mailbox_full', scope: 'recipient', disposition: 'defer' } };
    const again = [1, 2, 3].flatMap((release) => [
      delivery.released(release, START, { provider: 'gmail' }),
      withBody(delivery.remote(release, START), { ...full, provider: 'gmail' }),
    ]);
    const end = [delivery.released(4, START, { provider: 'gmail' }), delivery.bounced(4, START)];
    const rig = await rigWith(
      delivery.processed(),
      ...again,
      ...end.map((fact) => withBody(fact, { provider: 'gmail' })),
    );
    const { counts } = await standing(rig, 'acme');
    assert.deepEqual([counts.judged, counts.putOff, counts.invalid], [1, 1, 1]);
  });

  it('counts recipients who do not exist by DNS against the tenant alone', async () => {
    const gone = { phase: 'dns', verdict: { cause: 'nxdomain', scope: 'recipient', disposition: 'bounce' } };
    const rig = await rigWith(...times(90, taken), ...times(10, (d, at) => withBody(d.bounced(1, at), gone)));
    assert.equal((await standing(rig, 'acme')).score, 50);
    assert.equal((await standing(rig, 'ip-1', 'source')).score, 100);
  });

  it('forgets: after two days it weighs half, after a week nothing', async () => {
    const rig = await rigWith(...times(10, unknownUser), ...times(95, taken, { at: START + 48 * HOUR }));
    rig.time.advance(48 * HOUR);
    assert.equal((await standing(rig, 'acme')).rates.bounces, 0.05);
    rig.time.advance(121 * HOUR);
    assert.deepEqual([(await standing(rig, 'acme')).score, (await standing(rig, 'acme')).outcomes], [100, 95]);
  });
});

async function published(rig: Rig): Promise<readonly ReputationChanged[]> {
  const { begin, end } = await rig.log.bounds('mail.control', 0);
  const records = await rig.log.read('mail.control', 0, begin, end);
  return records.map(({ record }) => record).filter((record) => record.type === 'reputation_changed');
}

/** As many looks as there are minutes. */
async function minutesPass(rig: Rig, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    rig.time.advance(LOOK_MS);
    for (let turn = 0; turn < 200; turn++) await Promise.resolve();
    await rig.projector.flush();
  }
}

describe('the news of a reputation', () => {
  it('goes to mail.control once, for tenant and source, and is told with the score', async () => {
    const rig = await rigWith(...times(20, taken));
    await minutesPass(rig, 30);
    const records = await published(rig);
    assert.deepEqual(
      records.map(({ body }) => body).sort((a, b) => (a.subject < b.subject ? -1 : 1)),
      [
        { subject: 'source', name: 'ip-1', score: 100, outcomes: 20, providers: { gmail: 100 } },
        { subject: 'tenant', name: 'acme', score: 100, outcomes: 20, providers: { gmail: 100 } },
      ],
    );
    assert.equal((await standing(rig, 'acme')).published?.score, 100);
    const { reputations } = await rig.projector.queries.figures.figures();
    assert.deepEqual(
      reputations.filter(({ source }) => source !== 'ip-1'),
      [],
    );
  });

  it('is not told again by whoever starts after a crash', async () => {
    const rig = await rigWith(...times(20, taken));
    await minutesPass(rig, 5);
    await rig.crash();
    await minutesPass(rig, 15);
    assert.equal((await published(rig)).length, 2);
  });

  it('comes when the score falls, at most every ten minutes', async () => {
    const rig = await rigWith(...times(20, taken));
    await minutesPass(rig, 3);
    for (let round = 0; round < 5; round++) {
      await rig.append(...times(10, unknownUser, { at: rig.time.now() }));
      await rig.settled();
      await minutesPass(rig, 2);
    }
    await minutesPass(rig, 3);
    const scores = (await published(rig)).filter(({ body }) => body.subject === 'tenant').map(({ body }) => body.score);
    assert.equal(scores.length, 2);
    assert.equal(scores[0], 100);
    assert.equal(scores[1], 0);
  });

  it('comes a last time when nothing is left to rate anybody by, even of rows', async () => {
    const rig = await rigWith(...times(20, taken));
    await minutesPass(rig, 3);
    const rows = await new MemoryReadModels(rig.stores).open('projector');
    for (const prefix of ['hour|', 'tenant-hour|']) {
      const gone = await rows.range({ from: prefix, to: prefixEnd(prefix), limit: 100 });
      await rows.write({ deletes: gone.map(({ key }) => key) });
    }
    rig.time.advance(200 * HOUR);
    await minutesPass(rig, 3);
    const records = (await published(rig)).map(({ body }) => [body.subject, body.score, body.previous]);
    assert.deepEqual(records.slice(2).sort(), [
      ['source', undefined, 100],
      ['tenant', undefined, 100],
    ]);
  });

  it('waits until the counts hold what stood in the log, so that a lost read model unrates nobody', async () => {
    const rig = await rigWith(...times(20, taken));
    await minutesPass(rig, 3);
    assert.equal((await rig.projector.queries.dueReputations.due()).length, 0);
    // A projector that has counted nothing yet of what it reads.
    const behind = new Rig(rig.logData, { publishes: true, reputationRules: RULES });
    await behind.projector.start();
    assert.deepEqual(await behind.projector.queries.dueReputations.due(), []);
    assert.deepEqual(await behind.projector.queries.dueReputations.due(), []);
  });
});
