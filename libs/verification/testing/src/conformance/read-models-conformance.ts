import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue, KeyedStore, ReadModels } from '@penstock/ports';

export interface ReadModelsHarness {
  readonly models: ReadModels;
  /** Ends the process and starts its successor on what is stored. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

const LIVE = 'live';
const BESIDE = 'live-beside';
const POSITION = 'mail.events-0';

async function fill(store: KeyedStore, rows: Readonly<Record<string, JsonValue>>, position: number): Promise<void> {
  const puts = Object.entries(rows).map(([key, value]) => ({ key, value }));
  await store.write({ puts, positions: new Map([[POSITION, position]]) });
}

interface Contents {
  readonly rows: Readonly<Record<string, JsonValue>>;
  readonly positions: Readonly<Record<string, number>>;
}

async function contents(store: KeyedStore): Promise<Contents> {
  const rows = await store.range({ from: '', to: '\uffff', limit: 1_000 });
  return {
    rows: Object.fromEntries(rows.map(({ key, value }) => [key, value])),
    positions: Object.fromEntries(await store.positions()),
  };
}

const EMPTY: Contents = { rows: {}, positions: {} };

/** What ReadModels promises beyond its stores, as tests. `open` gives models that are empty each time. */
export function readModelsConformance(name: string, open: () => Promise<ReadModelsHarness>): void {
  const withModels = (body: (harness: ReadModelsHarness) => Promise<void>) => async () => {
    const harness = await open();
    try {
      await body(harness);
    } finally {
      await harness.close();
    }
  };
  describe(`read models: ${name}`, () => {
    discardConforms(withModels);
    replaceConforms(withModels);
  });
}

type WithModels = (body: (harness: ReadModelsHarness) => Promise<void>) => () => Promise<void>;

function discardConforms(withModels: WithModels): void {
  it(
    'forgets rows and positions of a model, for good, and of no other',
    withModels(async (harness) => {
      await fill(await harness.models.open(LIVE), { a: 1 }, 5);
      await fill(await harness.models.open(BESIDE), { b: 2 }, 7);
      await harness.models.discard(LIVE);
      assert.deepEqual(await contents(await harness.models.open(LIVE)), EMPTY);
      await harness.reopen();
      assert.deepEqual(await contents(await harness.models.open(LIVE)), EMPTY);
      assert.deepEqual(await contents(await harness.models.open(BESIDE)), {
        rows: { b: 2 },
        positions: { [POSITION]: 7 },
      });
    }),
  );

  it(
    'has nothing to forget where there is no such model, nor the second time',
    withModels(async ({ models }) => {
      await models.discard('never-there');
      await fill(await models.open(LIVE), { a: 1 }, 5);
      await models.discard(LIVE);
      await models.discard(LIVE);
      assert.deepEqual(await contents(await models.open(LIVE)), EMPTY);
    }),
  );

  it(
    'takes rows again under a name that was forgotten',
    withModels(async (harness) => {
      await fill(await harness.models.open(LIVE), { a: 1, b: 2 }, 5);
      await harness.models.discard(LIVE);
      await fill(await harness.models.open(LIVE), { c: 3 }, 1);
      await harness.reopen();
      assert.deepEqual(await contents(await harness.models.open(LIVE)), {
        rows: { c: 3 },
        positions: { [POSITION]: 1 },
      });
    }),
  );
}

function replaceConforms(withModels: WithModels): void {
  const rebuilt: Contents = { rows: { b: 2, c: { n: 3 } }, positions: { [POSITION]: 9 } };

  it(
    'shows the new rows and positions to who has the old ones open, and none of the old',
    withModels(async ({ models }) => {
      const live = await models.open(LIVE);
      await live.write({ positions: new Map([['mail.events-1', 4]]) });
      await fill(live, { a: 1, b: 1 }, 5);
      await fill(await models.open(BESIDE), rebuilt.rows, 9);
      await models.replace(LIVE, BESIDE);
      assert.deepEqual(await contents(live), rebuilt);
      assert.deepEqual(await contents(await models.open(LIVE)), rebuilt);
      assert.deepEqual(await contents(await models.open(BESIDE)), EMPTY);
    }),
  );

  it(
    'keeps the new rows, and what is written to them, through a restart',
    withModels(async (harness) => {
      const live = await harness.models.open(LIVE);
      await fill(live, { a: 1 }, 5);
      await fill(await harness.models.open(BESIDE), rebuilt.rows, 9);
      await harness.models.replace(LIVE, BESIDE);
      await live.write({ increments: [{ key: 'c', fields: { n: 1 } }], positions: new Map([[POSITION, 10]]) });
      await harness.reopen();
      assert.deepEqual(await contents(await harness.models.open(LIVE)), {
        rows: { b: 2, c: { n: 4 } },
        positions: { [POSITION]: 10 },
      });
      assert.deepEqual(await contents(await harness.models.open(BESIDE)), EMPTY);
    }),
  );

  it(
    'can be done again and again, whether the models were there or not',
    withModels(async (harness) => {
      for (let round = 1; round <= 3; round++) {
        await fill(await harness.models.open(BESIDE), { round }, round);
        await harness.models.replace(LIVE, BESIDE);
        const expected = { rows: { round }, positions: { [POSITION]: round } };
        assert.deepEqual(await contents(await harness.models.open(LIVE)), expected);
        if (round === 2) await harness.reopen();
      }
      await harness.models.replace(LIVE, BESIDE);
      assert.deepEqual(await contents(await harness.models.open(LIVE)), EMPTY);
    }),
  );
}
