import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryReadModels } from '@penstock/adapter-memory';
import type { Fact } from '@penstock/events';
import type { JsonValue, KeyedStore } from '@penstock/ports';
import fc from 'fast-check';
import { claimed, DeliveryFacts, MINUTE, Rig, START } from '../rig.spec.ts';
import type { RebuildView, SectionResult } from './rebuild-view.ts';

const MODEL = 'projector';
const FATES = ['waits', 'held', 'open', 'delivered', 'bounced', 'dropped', 'lost', 'twice', 'stale'] as const;
type Fate = (typeof FATES)[number];

/** What happens to the nth delivery, over as many minutes as there are deliveries. */
function life(fate: Fate, n: number): readonly Fact[] {
  const d = new DeliveryFacts(`m${n}`, 0, n % 4, 'acme', `d${n % 3}.example`);
  const at = START + n * MINUTE;
  const opened = [d.processed(at), d.released(1, at + 10, { epoch: 0, provider: 'gmail' })];
  switch (fate) {
    case 'waits':
      return [d.processed(at)];
    case 'held':
      return [d.processed(at), d.held(0, at + 5, ['hourly_limit'], 0)];
    case 'open':
      return opened;
    case 'delivered':
      return [...opened, d.remote(1, at + 20), d.released(2, at + 30, { epoch: 0 }), d.delivered(2, at + 40)];
    case 'bounced':
      return [...opened, d.handedBack(1, at + 20), d.released(2, at + 30, { epoch: 0 }), d.bounced(2, at + 40)];
    case 'dropped':
      return [d.processed(at), d.dropped(0, at + 40, 0)];
    case 'lost':
      return [...opened, d.unknownOutcome(1, at + 50)];
    case 'twice':
      return [...opened, d.delivered(1, at + 50), d.delivered(1, at + 60, { n: 1 })];
    case 'stale':
      return [...opened, d.released(2, at + 20, { epoch: 77 }), d.bounced(1, at + 50)];
  }
}

function history(fates: readonly Fate[]): readonly Fact[] {
  const lives = fates.map(life);
  const claims = [0, 1, 2, 3].map((partition) => claimed(partition, `claim-${partition}`));
  const longest = Math.max(0, ...lives.map((facts) => facts.length));
  // One fact of each in turn, so that lives overlap.
  const rounds = Array.from({ length: longest }, (_, round) => lives.flatMap((facts) => facts[round] ?? []));
  return [...claims, ...rounds.flat()];
}

const EVERY_FATE = history([...FATES, ...FATES, ...FATES]);

async function rigWith(facts: readonly Fact[], rig = new Rig()): Promise<Rig> {
  await rig.start();
  await rig.append(...facts);
  await rig.settled();
  return rig;
}

function liveRows(rig: Rig): Promise<KeyedStore> {
  return new MemoryReadModels(rig.stores).open(MODEL);
}

async function everyRow(store: KeyedStore): Promise<ReadonlyMap<string, JsonValue>> {
  const rows = await store.range({ from: '', to: '\uffff', limit: 100_000 });
  return new Map(rows.map(({ key, value }) => [key, value]));
}

async function ended(rig: Rig, id: string): Promise<RebuildView> {
  for (let turn = 0; turn < 100_000; turn++) {
    const view = await rig.projector.rebuilds.view(id);
    assert.ok(view);
    if (view.state !== 'running') return view;
  }
  throw new Error('the rebuild does not end');
}

async function rebuilt(rig: Rig, swap = false): Promise<RebuildView> {
  const answer = await rig.projector.rebuilds.begin({ models: [MODEL], swap });
  assert.equal(answer.kind, 'begun');
  return ended(rig, answer.kind === 'begun' ? answer.rebuild.id : '');
}

function sections(view: RebuildView): readonly SectionResult[] {
  return view.results.flatMap((result) => result.sections);
}

describe('a read model rebuilt beside the live one', () => {
  it('equals it, whatever the deliveries went through', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...FATES), { maxLength: 30 }), async (fates) => {
        const rig = await rigWith(history(fates));
        const view = await rebuilt(rig);
        assert.deepEqual([view.state, view.error, view.equal], ['done', undefined, true]);
        assert.equal(view.progress.factsFolded, history(fates).length);
      }),
      { numRuns: 40 },
    );
  });

  it('tells of each partition and of what all add to, with the offsets and the digests', async () => {
    const view = await rebuilt(await rigWith(EVERY_FATE));
    assert.deepEqual(
      sections(view).map(({ section }) => section),
      ['partition 0', 'partition 1', 'partition 2', 'partition 3', 'all partitions'],
    );
    for (const { liveDigest, rebuiltDigest, rows } of sections(view)) {
      assert.match(liveDigest, /^[0-9a-f]{64}$/);
      assert.equal(liveDigest, rebuiltDigest);
      assert.ok(rows > 0);
    }
    assert.equal(sections(view).at(-1)?.offsets[3], sections(view).at(3)?.offsets[3]);
  });

  it('leaves the live one as it was, and nothing beside it', async () => {
    const rig = await checkpointed(await rigWith(EVERY_FATE));
    const before = await everyRow(await liveRows(rig));
    await rebuilt(rig);
    assert.deepEqual(await everyRow(await liveRows(rig)), before);
    const beside = await new MemoryReadModels(rig.stores).open(`${MODEL}.rebuild`);
    assert.equal((await everyRow(beside)).size, 0);
  });

  it('equals it after any number of crashes of the live fold', async () => {
    const rig = new Rig();
    await rig.start();
    for (const [i, fact] of EVERY_FATE.entries()) {
      await rig.append(fact);
      if (i % 7 === 0) await rig.settled();
      if (i % 10 === 0) await rig.crash();
    }
    await rig.settled();
    assert.equal((await rebuilt(rig)).equal, true);
  });

  it('finds each kind of row that is not what the log says', async () => {
    for (const prefix of ['minute|', 'lane|', 'pending|', 'ended|', 'claim|']) {
      const rig = await rigWith(EVERY_FATE);
      const store = await liveRows(rig);
      // Rows of the fold's memory are stored at its checkpoints.
      await rebuilt(rig);
      const [row] = await store.range({ from: prefix, to: `${prefix}\uffff`, limit: 1 });
      assert.ok(row, prefix);
      await store.write({ puts: [{ key: row.key, value: { waiting: 12_345 } }] });
      const view = await rebuilt(rig);
      assert.equal(view.equal, prefix === 'claim|', `${prefix}: a claim is stored with every checkpoint`);
      if (prefix === 'claim|') continue;
      const [bad] = sections(view).filter(({ equal }) => !equal);
      assert.deepEqual([bad?.differences, bad?.differing[0]?.key, bad?.differing[0]?.kind], [1, row.key, 'differs']);
      assert.ok(bad?.differing[0]?.fields?.includes('waiting'));
    }
  });

  it('finds rows that are missing and rows that should not be', async () => {
    const rig = await rigWith(EVERY_FATE);
    const store = await liveRows(rig);
    const [row] = await store.range({ from: 'minute|', to: 'minute|\uffff', limit: 1 });
    assert.ok(row);
    await store.write({ deletes: [row.key], puts: [{ key: 'unheard-of|1', value: 1 }] });
    const [bad] = sections(await rebuilt(rig)).filter(({ equal }) => !equal);
    assert.deepEqual(bad?.differing, [
      { key: row.key, kind: 'only_rebuilt' },
      { key: 'unheard-of|1', kind: 'only_live' },
    ]);
  });

  it('takes its place when told to, and the fold goes on from it', async () => {
    const rig = await checkpointed(await rigWith(EVERY_FATE));
    const store = await liveRows(rig);
    const right = await everyRow(store);
    const [row] = await store.range({ from: 'minute|', to: 'minute|\uffff', limit: 1 });
    assert.ok(row);
    await store.write({
      puts: [
        { key: row.key, value: { delivered: 1_000_000 } },
        { key: 'unheard-of|1', value: 1 },
      ],
    });
    const view = await rebuilt(rig, true);
    assert.deepEqual([view.state, view.equal, view.results[0]?.swapped], ['done', false, true]);
    assert.deepEqual(await everyRow(store), right);
    await rig.append(...life('delivered', 100), ...life('held', 101));
    await rig.settled();
    assert.equal((await rebuilt(rig)).equal, true);
    await rig.crash();
    await rig.settled();
    assert.equal((await rebuilt(rig)).equal, true);
    assert.equal((await rebuilt(rig, true)).equal, true);
  });

  it('catches up with facts that come meanwhile', async () => {
    const rig = await rigWith(EVERY_FATE.slice(0, 30));
    const answer = await rig.projector.rebuilds.begin({ models: [MODEL], swap: true });
    assert.ok(answer.kind === 'begun');
    await rig.append(...EVERY_FATE.slice(30));
    assert.equal((await ended(rig, answer.rebuild.id)).state, 'done');
    await rig.settled();
    assert.equal((await rebuilt(rig)).equal, true);
    assert.deepEqual(
      await everyRow(await liveRows(rig)),
      await everyRow(await liveRows(await checkpointed(await rigWith(EVERY_FATE)))),
    );
  });
});

/** A rebuild ends with the live fold's memory stored. */
async function checkpointed(rig: Rig): Promise<Rig> {
  await rebuilt(rig);
  return rig;
}

describe('a rebuild', () => {
  it('is refused for a model there is not, naming those there are', async () => {
    const rig = await rigWith([]);
    const answer = await rig.projector.rebuilds.begin({ models: ['archive'], swap: false });
    assert.deepEqual(answer, {
      kind: 'refused',
      refusal: { cause: 'unknown_model', model: 'archive', known: [MODEL] },
    });
  });

  it('runs alone: another is refused and told of it', async () => {
    const rig = await rigWith(EVERY_FATE);
    const first = await rig.projector.rebuilds.begin({ models: [MODEL], swap: false });
    assert.ok(first.kind === 'begun');
    const second = await rig.projector.rebuilds.begin({ models: [MODEL], swap: false });
    assert.deepEqual(second, { kind: 'refused', refusal: { cause: 'running', id: first.rebuild.id } });
    assert.equal((await ended(rig, first.rebuild.id)).equal, true);
  });

  it('can be cancelled, leaves nothing, and can be begun again', async () => {
    const rig = await rigWith(EVERY_FATE);
    const first = await rig.projector.rebuilds.begin({ models: [MODEL], swap: true });
    assert.ok(first.kind === 'begun');
    const view = await rig.projector.rebuilds.cancel(first.rebuild.id);
    assert.deepEqual([view?.state, view?.results[0]?.swapped], ['cancelled', false]);
    assert.equal((await rebuilt(rig)).equal, true);
  });

  it('ends with the projector', async () => {
    const rig = await rigWith(EVERY_FATE);
    const answer = await rig.projector.rebuilds.begin({ models: [MODEL], swap: false });
    assert.ok(answer.kind === 'begun');
    await rig.stop();
    assert.notEqual((await rig.projector.rebuilds.view(answer.rebuild.id))?.state, 'running');
  });

  it('carries over the counts of times the log no longer covers, and compares the others', async () => {
    const rig = await rigWith(history(FATES.map((): Fate => 'delivered')));
    for (const partition of [0, 1, 2, 3]) rig.logData.truncate('mail.events', partition, 4);
    const late = START + 60 * MINUTE;
    for (const partition of [0, 1, 2, 3]) {
      const d = new DeliveryFacts(`late-${partition}`, 0, partition);
      await rig.append(d.processed(late), d.released(1, late, { epoch: 0 }), d.delivered(1, late));
    }
    await rig.settled();
    const before = await everyRow(await liveRows(rig));
    const view = await rebuilt(rig, true);
    assert.deepEqual([view.state, view.error, view.equal], ['done', undefined, true]);
    assert.ok((view.results[0]?.carriedRows ?? 0) > 0);
    const counts = (rows: ReadonlyMap<string, JsonValue>) =>
      [...rows].filter(([key]) => /^(minute|hour|tenant-hour)\|/.test(key));
    const hours = new Set(counts(before).flatMap(([key]) => (key.startsWith('minute') ? [] : key.split('|')[1])));
    assert.equal(hours.size, 2);
    assert.deepEqual(counts(await everyRow(await liveRows(rig))), counts(before));
  });

  it('switches nothing where deliveries on their way are older than the log', async () => {
    const rig = await rigWith(history(['waits', 'waits', 'waits', 'waits', 'held']));
    rig.logData.truncate('mail.events', 0, 3);
    const check = await rebuilt(rig);
    assert.equal(check.equal, true);
    assert.ok((sections(check)[0]?.notCompared ?? 0) > 0);
    const view = await rebuilt(rig, true);
    assert.equal(view.state, 'failed');
    assert.match(view.error ?? '', /deliveries on their way were accepted before the log's begin/);
    assert.equal(view.results[0]?.swapped, false);
  });
});
