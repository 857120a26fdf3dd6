import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type JsonValue, type KeyedStore, prefixEnd, type StateStore } from '@penstock/ports';

export interface KeyedStoresHarness {
  /** StateStore and ReadModels have the same shape. */
  readonly stores: StateStore;
  /** Ends the process and starts its successor on what is stored. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

async function keys(store: KeyedStore, from: string, to: string, limit = 100, descending = false) {
  return (await store.range({ from, to, limit, descending })).map(({ key }) => key);
}

/** What a careless caller might pass. */
function nothing(): JsonValue | undefined {
  return undefined;
}

function puts(entries: Readonly<Record<string, JsonValue>>) {
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}

/** Everything a KeyedStore promises, as tests. `open` gives stores that are empty each time. */
export function keyedStoreConformance(name: string, open: () => Promise<KeyedStoresHarness>): void {
  const withStores = (body: (store: KeyedStore, harness: KeyedStoresHarness) => Promise<void>) => async () => {
    const harness = await open();
    try {
      await body(await harness.stores.open('lanes'), harness);
    } finally {
      await harness.close();
    }
  };
  describe(`keyed store: ${name}`, () => {
    valuesConform(withStores);
    rangesConform(withStores);
    writesConform(withStores);
    transactionsConform(withStores);
  });
}

type WithStores = (body: (store: KeyedStore, harness: KeyedStoresHarness) => Promise<void>) => () => Promise<void>;

function valuesConform(withStores: WithStores): void {
  it(
    'gives back every kind of JSON value, at once and after a restart',
    withStores(async (store, harness) => {
      const values = {
        text: 'ü€😀\u0000',
        number: -1.5e300,
        yes: true,
        nothing: null,
        list: [1, ['a']],
        deep: { a: { b: 1 } },
      };
      await store.write({ puts: puts(values) });
      for (const [key, value] of Object.entries(values)) assert.deepEqual(await store.get(key), value);
      await harness.reopen();
      const again = await harness.stores.open('lanes');
      for (const [key, value] of Object.entries(values)) assert.deepEqual(await again.get(key), value);
    }),
  );

  it(
    'knows nothing of a key never put, or deleted',
    withStores(async (store) => {
      assert.equal(await store.get('a'), undefined);
      await store.write({ puts: puts({ a: 1 }) });
      await store.write({ deletes: ['a', 'never there'] });
      assert.equal(await store.get('a'), undefined);
    }),
  );

  it(
    'is not changed by who changes a value it gave or took',
    withStores(async (store) => {
      const value = { list: [1] };
      await store.write({ puts: [{ key: 'a', value }] });
      value.list.push(2);
      const found = (await store.get('a')) as { list: number[] };
      found.list.push(3);
      assert.deepEqual(await store.get('a'), { list: [1] });
    }),
  );

  it(
    'keeps stores of different names apart',
    withStores(async (store, harness) => {
      const other = await harness.stores.open('lanes-2');
      await store.write({ puts: puts({ a: 1 }), positions: new Map([['mail.events-0', 5]]) });
      assert.equal(await other.get('a'), undefined);
      assert.equal((await other.positions()).size, 0);
    }),
  );
}

function rangesConform(withStores: WithStores): void {
  it(
    'lists keys from and up to, either way round, as many as asked for at most',
    withStores(async (store) => {
      await store.write({ puts: puts({ d: 4, b: 2, a: 1, c: 3, ba: 5 }) });
      assert.deepEqual(await keys(store, 'a', 'z'), ['a', 'b', 'ba', 'c', 'd']);
      assert.deepEqual(await keys(store, 'b', 'c'), ['b', 'ba']);
      assert.deepEqual(await keys(store, 'b', 'd', 2), ['b', 'ba']);
      assert.deepEqual(await keys(store, 'b', 'd', 2, true), ['c', 'ba']);
      assert.deepEqual(await keys(store, 'b', prefixEnd('b')), ['b', 'ba']);
      assert.deepEqual(await keys(store, 'c', 'a'), []);
      assert.deepEqual(await keys(store, 'a', 'z', 0), []);
      assert.deepEqual(await store.range({ from: 'ba', to: 'c', limit: 1 }), [{ key: 'ba', value: 5 }]);
    }),
  );

  it(
    'orders keys by code unit, whatever characters they hold',
    withStores(async (store) => {
      const tricky = ['', 'A', 'a', 'a\u0000', 'a\u0000b', 'a\u0001', 'aa', 'Z', '~', '\u007f', 'ü', '\u0800'];
      tricky.push(
        '\ud7fe',
        '\ud7ff',
        '\ud7ff\u1000',
        '\ud83d\ude00',
        '\ud83d',
        '\ude00x',
        '\ue000',
        '\ufffd',
        '\uffff',
        '\uffff\uffff',
      );
      await store.write({ puts: tricky.map((key, i) => ({ key, value: i })) });
      const sorted = [...tricky].sort();
      assert.deepEqual(await keys(store, '', '\uffff\uffff\uffff'), sorted);
      for (const [i, key] of tricky.entries()) assert.equal(await store.get(key), i);
      assert.deepEqual(
        await keys(store, '\ud7ff', '\ufffd'),
        sorted.slice(sorted.indexOf('\ud7ff'), sorted.indexOf('\ufffd')),
      );
    }),
  );
}

function writesConform(withStores: WithStores): void {
  it(
    'applies puts, then deletes, then increments',
    withStores(async (store) => {
      await store.write({
        puts: puts({ a: { n: 5, other: 'kept' }, b: { n: 1 } }),
        deletes: ['b'],
        increments: [
          { key: 'a', fields: { n: 2, m: 1 } },
          { key: 'b', fields: { n: 7 } },
          { key: 'a', fields: { n: -1 } },
        ],
      });
      assert.deepEqual(await store.get('a'), { n: 6, m: 1, other: 'kept' });
      assert.deepEqual(await store.get('b'), { n: 7 });
      await store.write({ increments: [{ key: 'b', fields: { n: 1 } }] });
      assert.deepEqual(await store.get('b'), { n: 8 });
    }),
  );

  it(
    'keeps positions not named, and all of them through a restart',
    withStores(async (store, harness) => {
      assert.equal((await store.positions()).size, 0);
      await store.write({
        positions: new Map([
          ['mail.events-0', 5],
          ['mail.events-1', 2 ** 40],
        ]),
      });
      await store.write({ puts: puts({ a: 1 }), positions: new Map([['mail.events-0', 9]]) });
      await harness.reopen();
      const again = await harness.stores.open('lanes');
      assert.deepEqual([...(await again.positions())].sort(), [
        ['mail.events-0', 9],
        ['mail.events-1', 2 ** 40],
      ]);
    }),
  );
}

function transactionsConform(withStores: WithStores): void {
  it(
    'writes all of a change or nothing of it',
    withStores(async (store) => {
      await store.write({ puts: puts({ a: 1 }), positions: new Map([['mail.events-0', 1]]) });
      await assert.rejects(
        store.write({
          puts: [
            { key: 'a', value: 2 },
            { key: 'b', value: nothing() as JsonValue },
          ],
          deletes: ['a'],
          positions: new Map([['mail.events-0', 2]]),
        }),
      );
      assert.equal(await store.get('a'), 1);
      assert.deepEqual(await store.positions(), new Map([['mail.events-0', 1]]));
    }),
  );

  it(
    'takes thousands of entries in one write',
    withStores(async (store) => {
      const many = Array.from({ length: 5000 }, (_, i) => ({
        key: `k${String((i * 7919) % 5000).padStart(4, '0')}`,
        value: i,
      }));
      await store.write({ puts: many });
      const listed = await keys(store, 'k', 'l', 5000);
      assert.equal(listed.length, 5000);
      assert.equal(listed[4999], 'k4999');
      await store.write({ deletes: listed.slice(1) });
      assert.deepEqual(await keys(store, 'k', 'l'), ['k0000']);
    }),
  );
}
