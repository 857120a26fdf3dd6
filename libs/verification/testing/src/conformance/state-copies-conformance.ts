import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue, KeyedStore, StateCopies, StateStore } from '@penstock/ports';

export interface StateCopiesHarness {
  readonly copies: StateCopies;
  /** Where stores to copy, and to restore to, are opened. */
  readonly stores: StateStore;
  /** Ends the process and starts its successor on what is stored. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

const POSITION = 'mail.events-3';
const NAME = 'scheduler-3';

function rowsOf(count: number, seed: string): ReadonlyMap<string, JsonValue> {
  return new Map(
    Array.from({ length: count }, (_, i) => [`d/${String(i).padStart(6, '0')}`, { seed, i, text: 'ü"\n' }]),
  );
}

async function filled(stores: StateStore, name: string, rows: ReadonlyMap<string, JsonValue>, position: number) {
  const store = await stores.open(name);
  const puts = [...rows].map(([key, value]) => ({ key, value }));
  await store.write({ puts, positions: new Map([[POSITION, position]]) });
  return store;
}

async function contents(
  store: KeyedStore,
): Promise<readonly [ReadonlyMap<string, JsonValue>, ReadonlyMap<string, number>]> {
  const rows = await store.range({ from: '', to: '\uffff', limit: 100_000 });
  return [new Map(rows.map(({ key, value }) => [key, value])), await store.positions()];
}

const going = () => new AbortController().signal;

/** Everything StateCopies promises, as tests. `open` gives copies that are empty each time. */
export function stateCopiesConformance(name: string, open: () => Promise<StateCopiesHarness>): void {
  const withCopies = (body: (harness: StateCopiesHarness) => Promise<void>) => async () => {
    const harness = await open();
    try {
      await body(harness);
    } finally {
      await harness.close();
    }
  };
  describe(`state copies: ${name}`, () => {
    copyingConforms(withCopies);
    abortingConforms(withCopies);
  });
}

type WithCopies = (body: (harness: StateCopiesHarness) => Promise<void>) => () => Promise<void>;

function copyingConforms(withCopies: WithCopies): void {
  for (const count of [0, 1, 3000]) {
    it(
      `give a store of ${count} rows back with its position, after a restart and in another store`,
      withCopies(async (harness) => {
        const rows = rowsOf(count, 'first');
        await harness.copies.copy(NAME, await filled(harness.stores, 'from', rows, 77), going());
        await harness.reopen();
        const copy = await harness.copies.newest(NAME);
        assert.deepEqual(copy?.positions, new Map([[POSITION, 77]]));
        const store = await harness.stores.open('to');
        await copy?.restore(store);
        assert.deepEqual(await contents(store), [rows, new Map([[POSITION, 77]])]);
      }),
    );
  }

  it(
    'find the newest of a name, and nothing under another',
    withCopies(async ({ copies, stores }) => {
      const store = await filled(stores, 'from', rowsOf(5, 'x'), 0);
      for (let position = 1; position <= 4; position++) {
        await store.write({ positions: new Map([[POSITION, position]]) });
        await copies.copy(NAME, store, going());
        assert.equal((await copies.newest(NAME))?.positions.get(POSITION), position);
      }
      assert.equal(await copies.newest('scheduler-30'), undefined);
    }),
  );
}

function abortingConforms(withCopies: WithCopies): void {
  it(
    'that were broken off are never found',
    withCopies(async ({ copies, stores }) => {
      const store = await filled(stores, 'from', rowsOf(10, 'x'), 5);
      const aborted = AbortSignal.abort();
      await assert.rejects(copies.copy(NAME, store, aborted));
      assert.equal(await copies.newest(NAME), undefined);
      await copies.copy(NAME, store, going());
      await store.write({ positions: new Map([[POSITION, 6]]) });
      await assert.rejects(copies.copy(NAME, store, aborted));
      assert.equal((await copies.newest(NAME))?.positions.get(POSITION), 5);
    }),
  );
}
