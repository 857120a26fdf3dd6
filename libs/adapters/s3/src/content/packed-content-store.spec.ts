import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { ContentDamagedError, ContentMissingError } from '@penstock/ports';
import fc from 'fast-check';
import type { ObjectStorage } from '../storage/object-storage.ts';
import { PackedContentStore, type PackingOptions } from './packed-content-store.ts';

/** Objects in memory, and what was asked of them. */
class ObservedStorage implements ObjectStorage {
  readonly objects_ = new Map<string, Buffer>();
  readonly reads: string[] = [];
  hold: Promise<void> = Promise.resolve();

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.hold;
    assert.ok(!this.objects_.has(name), 'no name is used twice');
    this.objects_.set(name, Buffer.from(bytes));
  }

  async read(name: string, offset: number, length: number): Promise<Buffer | undefined> {
    this.reads.push(`${offset}+${length}`);
    await this.hold;
    return this.objects_.get(name)?.subarray(offset, offset + length);
  }

  folders = async () => [];
  objects = async () => [];
  remove = async () => {};
  removeFolder = async () => 0;
  close(): void {}
}

const PACKING: PackingOptions = {
  lingerMs: 1,
  segmentBytes: 1_000_000,
  inFlight: 1,
  gatherMs: 0,
  readAheadBytes: 0,
  cacheBytes: 0,
};

function storeOn(storage: ObjectStorage, packing: Partial<PackingOptions> = {}): PackedContentStore {
  const ports = { clock: systemClock, timers: systemTimers, random: systemRandom, telemetry: { log: () => {} } };
  return new PackedContentStore({ ...ports, storage }, { ...PACKING, ...packing });
}

const blob = (size: number, seed = 0) => Uint8Array.from({ length: size }, (_, i) => (i * 7 + seed) & 0xff);

describe('packed content', () => {
  it('of many puts at a time goes into one segment', async () => {
    const storage = new ObservedStorage();
    const store = storeOn(storage);
    const references = await Promise.all(Array.from({ length: 50 }, (_, i) => store.put([blob(100, i), blob(10, i)])));
    assert.equal(storage.objects_.size, 1);
    assert.deepEqual(Buffer.from(await store.get(references[7]?.[1] as string)), Buffer.from(blob(10, 7)));
  });

  it('keeps its segments within their size, and the blobs of one put together', async () => {
    const storage = new ObservedStorage();
    const store = storeOn(storage, { segmentBytes: 1000 });
    const references = await Promise.all(Array.from({ length: 20 }, (_, i) => store.put([blob(200, i), blob(100, i)])));
    for (const object of storage.objects_.values()) assert.ok(object.length <= 1000);
    const segmentOf = (reference: string) => reference.split('-').slice(0, 3).join('-');
    for (const [body, recipient] of references) assert.equal(segmentOf(body as string), segmentOf(recipient as string));
  });

  it('that is put while segments are on their way goes together into the next', async () => {
    const storage = new ObservedStorage();
    const { promise, resolve } = Promise.withResolvers<void>();
    storage.hold = promise;
    const store = storeOn(storage, { lingerMs: 0 });
    const first = store.put([blob(10)]);
    await systemTimers.sleep(1);
    const others = Array.from({ length: 30 }, () => store.put([blob(10)]));
    resolve();
    await Promise.all([first, ...others]);
    assert.ok(storage.objects_.size <= 2, `${storage.objects_.size} segments`);
  });

  it('is rejected with what the storage said, for each put of the segment', async () => {
    const storage = new ObservedStorage();
    storage.put = () => Promise.reject(new Error('no'));
    const store = storeOn(storage);
    const results = await Promise.allSettled([store.put([blob(1)]), store.put([blob(2)])]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
  });

  it('is written before the store is closed, and nothing is taken then', async () => {
    const storage = new ObservedStorage();
    const store = storeOn(storage, { lingerMs: 60_000 });
    const put = store.put([blob(5)]);
    await store.close();
    assert.equal((await put).length, 1);
    await assert.rejects(store.put([blob(5)]));
  });

  it('that many ask for at once is read once', async () => {
    const storage = new ObservedStorage();
    const [body = '', other = ''] = await storeOn(storage).put([blob(1000), blob(50)]);
    const reader = storeOn(storage, { readAheadBytes: 100 });
    const { promise, resolve } = Promise.withResolvers<void>();
    storage.hold = promise;
    const early = Array.from({ length: 500 }, () => reader.get(body));
    await systemTimers.sleep(2);
    const late = [...Array.from({ length: 500 }, () => reader.get(body)), reader.get(other)];
    resolve();
    const found = await Promise.all([...early, ...late]);
    assert.ok(found.slice(0, 1000).every(({ length }) => length === 1000));
    assert.deepEqual(storage.reads, [`0+${1008 + 100}`]);
  });

  it('brings its neighbours, which are then at hand', async () => {
    const storage = new ObservedStorage();
    const references = await storeOn(storage).put(Array.from({ length: 20 }, (_, i) => blob(100, i)));
    const reader = storeOn(storage, { readAheadBytes: 10_000, cacheBytes: 100_000 });
    for (const [i, reference] of references.entries()) {
      assert.deepEqual(Buffer.from(await reader.get(reference)), Buffer.from(blob(100, i)));
    }
    assert.equal(storage.reads.length, 1);
  });

  it('far apart in a segment is read by ranges of its own', async () => {
    const storage = new ObservedStorage();
    const references = await storeOn(storage).put([blob(10), blob(200_000), blob(20)]);
    const reader = storeOn(storage);
    await Promise.all([reader.get(references[0] as string), reader.get(references[2] as string)]);
    assert.deepEqual(storage.reads, ['0+18', '200026+28']);
  });

  it('damaged on the way is read again, damaged at rest is said to be, absent is missing', async () => {
    const storage = new ObservedStorage();
    const [reference = ''] = await storeOn(storage).put([blob(100)]);
    const [[name, stored]] = [...storage.objects_] as [[string, Buffer]];
    const reader = storeOn(storage);
    const damaged = Buffer.from(stored);
    damaged[50] = (damaged[50] as number) ^ 1;
    const { read } = storage;
    storage.read = async () => {
      storage.read = read;
      return damaged;
    };
    assert.deepEqual(Buffer.from(await reader.get(reference)), Buffer.from(blob(100)));
    for (const bad of [damaged, stored.subarray(0, 60), stored.subarray(0, 0)]) {
      storage.objects_.set(name, bad);
      await assert.rejects(reader.get(reference), ContentDamagedError);
    }
    storage.objects_.delete(name);
    await assert.rejects(reader.get(reference), ContentMissingError);
  });

  it('is what was put, however it is packed', async () => {
    const puts = fc.array(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), { maxLength: 12 });
    const packing = fc.record({
      segmentBytes: fc.integer({ min: 1, max: 2000 }),
      inFlight: fc.integer({ min: 1, max: 3 }),
      readAheadBytes: fc.integer({ min: 0, max: 500 }),
      cacheBytes: fc.integer({ min: 0, max: 2000 }),
    });
    await fc.assert(
      fc.asyncProperty(puts, packing, async (given, options) => {
        const storage = new ObservedStorage();
        const store = storeOn(storage, { ...options, lingerMs: 0 });
        const references = await Promise.all(given.map((blobs) => store.put(blobs)));
        const reader = storeOn(storage, options);
        const found = await Promise.all(references.map((some) => Promise.all(some.map((one) => reader.get(one)))));
        assert.deepEqual(
          found.map((some) => some.map((one) => Buffer.from(one))),
          given.map((some) => some.map((one) => Buffer.from(one))),
        );
      }),
      { numRuns: 60 },
    );
  });
});
