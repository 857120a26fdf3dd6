import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SqliteStores } from './sqlite-stores.ts';

function inFolder(body: (folder: string, warnings: string[], open: () => SqliteStores) => Promise<void>) {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'penstock-folds-'));
    const warnings: string[] = [];
    const log = (level: string, event: string) => warnings.push(`${level} ${event}`);
    try {
      await body(folder, warnings, () => new SqliteStores(folder, { log }));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

async function fill(stores: SqliteStores, entries: number): Promise<void> {
  const puts = Array.from({ length: entries }, (_, i) => ({ key: `k${i}`, value: 'x'.repeat(200) }));
  await (await stores.open('lanes')).write({ puts, positions: new Map([['mail.events-0', 9]]) });
}

describe('a fold whose file cannot be read', () => {
  it(
    'is moved aside and made anew, empty, with a warning',
    inFolder(async (folder, warnings, open) => {
      const path = join(folder, 'lanes.db');
      writeFileSync(path, 'this is no database, though it is long enough to be taken for one'.repeat(100));
      const stores = open();
      const store = await stores.open('lanes');
      assert.deepEqual(await store.positions(), new Map());
      await fill(stores, 1);
      assert.deepEqual(warnings, ['warn fold_moved_aside']);
      assert.match(readFileSync(`${path}.aside`, 'utf8'), /no database/);
      stores.close();
    }),
  );

  it(
    'is moved aside at the next start where the damage shows only in use',
    inFolder(async (folder, warnings, open) => {
      const path = join(folder, 'lanes.db');
      const before = open();
      await fill(before, 2000);
      before.close();
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0xee, bytes.length >> 1));
      const damaged = open();
      const store = await damaged.open('lanes');
      await assert.rejects(store.range({ from: 'k', to: 'l', limit: 5000 }), /a restart moves it aside/);
      damaged.close();
      assert.ok(existsSync(`${path}.damaged`));
      const after = open();
      assert.deepEqual(await (await after.open('lanes')).positions(), new Map());
      assert.deepEqual(warnings, ['warn fold_moved_aside']);
      after.close();
      const again = open();
      await fill(again, 1);
      again.close();
      assert.equal(warnings.length, 1);
    }),
  );

  for (const [what, harm] of [
    ['rubbish', (bytes: Buffer) => bytes.fill(0xee, 4096 * 20, 4096 * 21)],
    ['zeros', (bytes: Buffer) => bytes.fill(0, 4096 * 20, 4096 * 21)],
    ['missing', (bytes: Buffer) => bytes.subarray(0, 4096 * 20)],
  ] as const) {
    it(
      `is found and moved aside at the start after a crash where pages are ${what}, though nobody met them yet`,
      inFolder(async (folder, warnings, open) => {
        const path = join(folder, 'lanes.db');
        const before = open();
        await fill(before, 2000);
        before.close();
        writeFileSync(path, harm(readFileSync(path)));
        // What a process that was killed leaves behind.
        writeFileSync(`${path}-wal`, '');
        const after = open();
        assert.deepEqual(await (await after.open('lanes')).positions(), new Map());
        assert.deepEqual(warnings, ['warn fold_moved_aside']);
        after.close();
      }),
    );
  }

  it(
    'must have a plain name, so that none leaves the folder',
    inFolder(async (_folder, _warnings, open) => {
      const stores = open();
      for (const name of ['', '../lanes', 'a/b', '.hidden', 'a b']) await assert.rejects(stores.open(name), RangeError);
    }),
  );
});
