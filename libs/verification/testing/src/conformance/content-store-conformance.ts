import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ContentMissingError, type ContentStore } from '@penstock/ports';

export interface ContentStoreHarness {
  readonly content: ContentStore;
  /** Makes durable what was put (where that needs an append, by one), ends the process and starts its successor. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

function bytes(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff);
}

type WithStore = (body: (harness: ContentStoreHarness) => Promise<void>) => () => Promise<void>;

/** Everything a ContentStore promises, as tests. `open` gives an empty store each time. */
export function contentStoreConformance(name: string, open: () => Promise<ContentStoreHarness>): void {
  const withStore: WithStore = (body) => async () => {
    const harness = await open();
    try {
      await body(harness);
    } finally {
      await harness.close();
    }
  };
  describe(`content store: ${name}`, () => {
    blobsConform(withStore);
    referencesConform(withStore);
  });
}

function blobsConform(withStore: WithStore): void {
  const blobs = [bytes(5), bytes(0), bytes(3_000_000, 2), bytes(70_000, 3), bytes(1, 4)];

  it(
    'gives back what was put, at once and after a restart, of any size',
    withStore(async (harness) => {
      const references = await harness.content.put(blobs);
      for (const round of ['at once', 'after a restart']) {
        for (const [i, reference] of references.entries()) {
          const found = await harness.content.get(reference);
          assert.ok(Buffer.compare(found, blobs[i] as Uint8Array) === 0, `blob ${i} ${round}`);
        }
        if (round === 'at once') await harness.reopen();
      }
    }),
  );

  it(
    'answers short references that can stand in a URL, each blob its own',
    withStore(async ({ content }) => {
      const references = await content.put(Array.from({ length: 100 }, () => bytes(10)));
      for (const reference of references) assert.match(reference, /^[A-Za-z0-9._~-]{1,64}$/);
      assert.equal(new Set(references).size, 100);
    }),
  );
}

function referencesConform(withStore: WithStore): void {
  it(
    'goes on after a restart without touching what is there',
    withStore(async (harness) => {
      const [before] = await harness.content.put([bytes(100, 5)]);
      await harness.reopen();
      const [after] = await harness.content.put([bytes(100, 6)]);
      assert.notEqual(before, after);
      assert.deepEqual(Buffer.from(await harness.content.get(before as string)), Buffer.from(bytes(100, 5)));
      assert.deepEqual(Buffer.from(await harness.content.get(after as string)), Buffer.from(bytes(100, 6)));
    }),
  );

  it(
    'tells that there is nothing behind a reference it never gave',
    withStore(async (harness) => {
      const [reference] = (await harness.content.put([bytes(50)])) as [string];
      await harness.reopen();
      const others = ['', 'x', '../../etc/passwd', `${reference}1`, '1-9-5', 'zz-zzzzz-5', reference.slice(0, -1)];
      for (const other of others) await assert.rejects(harness.content.get(other), ContentMissingError, other);
    }),
  );

  it(
    'serves many readers of many blobs at once',
    withStore(async (harness) => {
      const many = Array.from({ length: 300 }, (_, i) => bytes(1000 + i, i));
      const references = await harness.content.put(many);
      await harness.reopen();
      const found = await Promise.all(references.map((reference) => harness.content.get(reference)));
      for (const [i, blob] of found.entries()) assert.ok(Buffer.compare(blob, many[i] as Uint8Array) === 0);
    }),
  );
}
