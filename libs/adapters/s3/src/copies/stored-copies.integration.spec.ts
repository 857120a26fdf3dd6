import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { MemoryKeyedStore } from '@penstock/adapter-memory';
import { systemClock } from '@penstock/adapter-system';
import { openFolderContent } from '../open-folder-content.ts';
import { DamagedCopyError } from './copy-format.ts';

const POSITION = 'mail.events-0';
const NAME = 'scheduler-0';
const going = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'penstock-copies-'));
after(() => rmSync(folder, { recursive: true }));

async function rig(name: string) {
  let now = 1_000;
  const path = join(folder, name);
  const content = await openFolderContent({
    telemetry: { log: () => {} },
    clock: { now: () => now++, monotonic: () => systemClock.monotonic() },
    folder: path,
    create: true,
  });
  const store = new MemoryKeyedStore();
  const puts = Array.from({ length: 600 }, (_, i) => ({ key: `d/${i}`, value: 'x'.repeat(20_000) }));
  await store.write({ puts, positions: new Map([[POSITION, 9]]) });
  const copies = () => {
    const root = join(path, 'copies', NAME);
    return existsSync(root) ? readdirSync(root).sort() : [];
  };
  const file = (copy: number, object: string) => join(path, 'copies', NAME, copies()[copy] as string, object);
  return { content, store, copies, file };
}

describe('copies of a store', () => {
  it('are few: the newest and the one before it, with nothing of broken ones', async () => {
    const { content, store, copies, file } = await rig('few');
    await content.copies.copy(NAME, store, going);
    // As a process leaves it that is killed before the manifest.
    rmSync(file(0, 'manifest'));
    for (let i = 0; i < 5; i++) await content.copies.copy(NAME, store, going);
    assert.equal(copies().length, 2);
    await content.close();
  });

  it('without their manifest are passed over for the one before', async () => {
    const { content, store, file } = await rig('unfinished');
    await content.copies.copy(NAME, store, going);
    await store.write({ positions: new Map([[POSITION, 10]]) });
    await content.copies.copy(NAME, store, going);
    rmSync(file(1, 'manifest'));
    assert.equal((await content.copies.newest(NAME))?.positions.get(POSITION), 9);
    await content.close();
  });

  it('that lost a chunk or part of one are refused, and what was restored has no position', async () => {
    const { content, store, file } = await rig('damaged');
    await content.copies.copy(NAME, store, going);
    const copy = await content.copies.newest(NAME);
    assert.ok(existsSync(file(0, '2')), 'there are several chunks');
    for (const damage of [() => truncateSync(file(0, '2'), 1000), () => rmSync(file(0, '2'))]) {
      damage();
      const target = new MemoryKeyedStore();
      await assert.rejects(copy?.restore(target) ?? Promise.resolve(), DamagedCopyError);
      assert.equal((await target.positions()).size, 0);
    }
    await content.close();
  });
});
