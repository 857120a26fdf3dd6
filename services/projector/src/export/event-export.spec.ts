import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ApiKey } from '@penstock/access';
import type { Fact } from '@penstock/events';
import { claimed, DeliveryFacts, MINUTE, Rig, START } from '../rig.spec.ts';
import type { ExportOrder } from './event-streams.ts';
import { exportOrder } from './export-parameters.ts';

const OPERATOR: ApiKey = { tenant: 'ops', class: 'bulk', scopes: new Set(['operate']) };
const ACME: ApiKey = { tenant: 'acme', class: 'bulk', scopes: new Set(['mail']) };

interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly record: Fact;
}

interface Sign {
  readonly cursor: string;
  readonly scanned: number;
  readonly end?: true;
}

/** Eight deliveries over four partitions and two tenants, two minutes apart. */
const FACTS: readonly Fact[] = [
  ...[0, 1, 2, 3].map((partition) => claimed(partition, `claim-${partition}`, START - 10 + partition)),
  ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((n) => {
    const d = new DeliveryFacts(`m${n}`, 0, n % 4, n % 2 === 0 ? 'acme' : 'umbrella');
    const at = START + n * 2 * MINUTE;
    return [d.processed(at), d.released(1, at + 1_000, { epoch: 0 }), d.delivered(1, at + 2_000)];
  }),
];

/** What is waited for, while time goes on. */
async function inTime<T>(rig: Rig, awaited: Promise<T>): Promise<T> {
  let over = false;
  const ended = awaited.finally(() => {
    over = true;
  });
  for (let turn = 0; turn < 10_000 && !over; turn++) {
    rig.time.advance(1);
    await Promise.resolve();
  }
  assert.ok(over, 'it does not come');
  return ended;
}

async function rigWith(facts: readonly Fact[]): Promise<Rig> {
  const rig = new Rig();
  await rig.append(...facts);
  return rig;
}

function order(query: Readonly<Record<string, string>>, key = OPERATOR): ExportOrder {
  return exportOrder(query, key);
}

async function lines(rig: Rig, asked: ExportOrder): Promise<readonly (Line & Sign)[]> {
  const opened = await rig.projector.events.open(asked);
  assert.ok(opened.kind === 'opened');
  let text = '';
  for (;;) {
    const chunk = await rig.projector.events.next(opened.id);
    if (chunk === undefined) break;
    assert.ok(chunk.endsWith('\n'), 'a chunk holds whole lines');
    text += chunk;
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line & Sign);
}

describe('an export', () => {
  it('gives every record with its topic, partition and offset, in the order of time', async () => {
    const given = await lines(await rigWith(FACTS), order({}));
    assert.equal(given.length, FACTS.length);
    assert.deepEqual(
      given.map(({ record }) => record.id),
      FACTS.map(({ id }) => id),
    );
    assert.deepEqual(given.map(({ topic, partition, offset }) => [topic, partition, offset]).slice(4, 8), [
      ['mail.events', 0, 1],
      ['mail.events', 0, 2],
      ['mail.events', 0, 3],
      ['mail.events', 1, 1],
    ]);
  });

  it('gives only the types, the tenant or the delivery asked for', async () => {
    const rig = await rigWith(FACTS);
    const ids = async (query: Readonly<Record<string, string>>) =>
      (await lines(rig, order(query))).map(({ record }) => `${record.type} ${record.deliveryId ?? ''}`.trim());
    assert.equal((await ids({ type: 'delivered,bounced' })).length, 8);
    assert.equal((await ids({ tenant: 'umbrella' })).length, 8);
    assert.deepEqual(await ids({ delivery: 'm5.0.1' }), ['processed m5.0.1', 'released', 'delivered m5.0.1']);
    assert.deepEqual(await ids({ delivery: 'm5.0.9' }), []);
    assert.equal((await ids({ limit: '3' })).length, 3);
  });

  it('gives a tenant’s key the tenant’s own records only, whatever it asks for', async () => {
    const rig = await rigWith(FACTS);
    const given = await lines(rig, order({}, ACME));
    assert.deepEqual(new Set(given.map(({ record }) => record.tenant)), new Set(['acme']));
    assert.equal(given.length, 8);
    assert.throws(() => order({ tenant: 'umbrella' }, ACME), /another tenant/);
    assert.throws(() => order({ topic: 'mail.control' }, ACME), /concern everybody/);
    assert.equal((await lines(rig, order({ delivery: 'm5.0.1' }, ACME))).length, 0);
  });

  it('begins and ends at a time, found without reading everything before it', async () => {
    const rig = await rigWith(
      Array.from({ length: 5_000 }, (_, n) => new DeliveryFacts(`m${n}`, 0, n % 4).processed(START + n * MINUTE)),
    );
    const from = new Date(START + 4_000 * MINUTE).toISOString();
    const to = new Date(START + 4_100 * MINUTE).toISOString();
    const given = await lines(rig, order({ from, to, cursors: 'true' }));
    const records = given.filter(({ record }) => record);
    assert.equal(records.length, 100);
    assert.equal(records[0]?.record.id, 'm4000.0.0/0/processed/processed');
    assert.ok((given.at(-1)?.scanned ?? 5_000) < 4_100);
  });

  it('begins and ends at an offset', async () => {
    const given = await lines(await rigWith(FACTS), order({ from: '2', to: '4' }));
    assert.deepEqual(new Set(given.map(({ offset }) => offset)), new Set([2, 3]));
    assert.equal(given.length, 8);
  });

  it('understands ages, by its own clock', async () => {
    const rig = await rigWith(FACTS);
    rig.time.advance(15 * MINUTE);
    const given = await lines(rig, order({ from: '-2m' }));
    assert.deepEqual(
      given.map(({ record }) => record.deliveryId ?? record.type),
      ['m7.0.3', 'released', 'm7.0.3'],
    );
  });

  it('goes on where another one ended, with nothing missing and nothing twice', async () => {
    const rig = await rigWith(FACTS);
    const seen: string[] = [];
    let after: Readonly<Record<string, string>> = {};
    for (let part = 0; part < 20; part++) {
      const given = await lines(rig, order({ limit: '3', cursors: 'true', ...after }));
      const sign = given.at(-1);
      assert.ok(sign?.end);
      seen.push(...given.slice(0, -1).map(({ record }) => record.id));
      after = { after: sign.cursor };
    }
    assert.deepEqual(
      seen,
      FACTS.map(({ id }) => id),
    );
  });

  it('refuses a cursor whose records are gone', async () => {
    const rig = await rigWith(FACTS);
    rig.logData.truncate('mail.events', 1, 3);
    const opened = await rig.projector.events.open(order({ after: 'mail.events/0:1,1:2,2:0,3:0' }));
    assert.equal(opened.kind, 'gone');
  });

  it('names what is not well formed', () => {
    for (const [field, value] of [
      ['from', 'yesterday'],
      ['to', '2026-13-45'],
      ['after', 'mail.events'],
      ['after', 'mail.nothing/0:1'],
      ['type', 'delivered,sent'],
      ['topic', 'mail.directory'],
      ['delivery', 'm1'],
      ['follow', 'yes'],
      ['form', 'now'],
    ] as const) {
      assert.throws(() => order({ [field]: value }), { field }, `${field}=${value}`);
    }
  });
});

describe('those who follow', () => {
  it('get what stands in the log and then what comes, until the platform stops', async () => {
    const rig = await rigWith(FACTS.slice(0, 10));
    const opened = await rig.projector.events.open(order({ follow: 'true', from: '0' }));
    assert.ok(opened.kind === 'opened');
    assert.equal((await inTime(rig, rig.projector.events.next(opened.id)))?.split('\n').length, 11);
    const more = rig.projector.events.next(opened.id);
    await rig.append(...FACTS.slice(10, 12));
    assert.equal((await inTime(rig, more))?.split('\n').length, 3);
    const last = rig.projector.events.next(opened.id);
    await rig.projector.events.end();
    assert.equal(await inTime(rig, last), undefined);
    assert.equal((await rig.projector.events.open(order({}))).kind, 'busy');
  });

  it('are bounded in number, and one that left makes room', async () => {
    const rig = await rigWith([]);
    const ids: string[] = [];
    for (;;) {
      const opened = await rig.projector.events.open(order({ follow: 'true' }));
      if (opened.kind !== 'opened') break;
      ids.push(opened.id);
      assert.ok(ids.length < 1_000);
    }
    await rig.projector.events.close(ids[0] ?? '');
    assert.equal((await rig.projector.events.open(order({ follow: 'true' }))).kind, 'opened');
  });
});
