import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { replacing } from './file-replacement.ts';
import { SqliteStores } from './sqlite-stores.ts';

const telemetry = { log: () => {} };

async function withModels(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-replacement-'));
  try {
    const stores = new SqliteStores(folder, telemetry);
    for (const name of ['live', 'beside']) {
      const store = await stores.open(name);
      const puts = Array.from({ length: 500 }, (_, n) => ({ key: `${name}-${n}`, value: n }));
      await store.write({ puts, positions: new Map([['from', name.length]]) });
    }
    stores.close();
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function keysOf(folder: string, name: string): Promise<readonly string[]> {
  const stores = new SqliteStores(folder, telemetry);
  const rows = await (await stores.open(name)).range({ from: '', to: '~', limit: 10_000 });
  stores.close();
  return [...new Set(rows.map(({ key }) => key.slice(0, key.indexOf('-'))))];
}

describe('a fold put in the place of another', () => {
  it('is there whole, or the old one is, wherever the process is killed', async () => {
    for (let steps = 0; steps <= 5; steps++) {
      await withModels(async (folder) => {
        const replacement = replacing(join(folder, 'live.db'), join(folder, 'beside.db'));
        let renamed = false;
        for (let step = 0; step < steps; step++) renamed = replacement.next().value === 'renamed' || renamed;
        assert.deepEqual(await keysOf(folder, 'live'), [renamed ? 'beside' : 'live'], `after ${steps} steps`);
        const stores = new SqliteStores(folder, telemetry);
        await stores.discard('beside');
        stores.close();
        assert.deepEqual(readdirSync(folder), ['live.db']);
      });
    }
  });

  it('is shown to those who have the old one open', async () => {
    await withModels(async (folder) => {
      const stores = new SqliteStores(folder, telemetry);
      const live = await stores.open('live');
      await stores.replace('live', 'beside');
      assert.equal(await live.get('beside-7'), 7);
      assert.equal(await live.get('live-7'), undefined);
      assert.deepEqual(await live.positions(), new Map([['from', 6]]));
      await live.write({ puts: [{ key: 'beside-new', value: 1 }] });
      stores.close();
      assert.deepEqual(await keysOf(folder, 'live'), ['beside']);
    });
  });

  it('is refused where the old one’s write-ahead log is still there', async () => {
    await withModels(async (folder) => {
      writeFileSync(join(folder, 'live.db-wal'), 'x');
      assert.throws(
        () => Array.from(replacing(join(folder, 'live.db'), join(folder, 'beside.db'))),
        /not closed in order/,
      );
    });
  });
});
