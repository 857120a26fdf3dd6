import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FoldedLog, writeFacts } from './rebuilding.ts';

const END = Date.UTC(2026, 0, 2);

describe('read models on disk, rebuilt from a day of facts', () => {
  it('equal the live ones, are found to differ where one row is wrong, and put it right', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'penstock-rebuild-'));
    try {
      const written = await writeFacts(dataDir, 8_000, END);
      const folded = await FoldedLog.open(dataDir);
      await folded.settled();
      const check = await folded.rebuild(false);
      assert.deepEqual([check.state, check.equal, check.progress.factsFolded], ['done', true, written]);
      assert.equal(await folded.exportAll(), written);
      const key = await folded.corruptOneRow();
      const found = await folded.rebuild(true);
      assert.equal(found.equal, false);
      const differing = found.results.flatMap(({ sections }) => sections.flatMap((section) => section.differing));
      assert.deepEqual(differing, [{ key, kind: 'differs', fields: ['delivered'] }]);
      assert.equal((await folded.rebuild(false)).equal, true);
      await folded.close();
      const restarted = await FoldedLog.open(dataDir);
      await restarted.settled();
      assert.equal((await restarted.rebuild(false)).equal, true);
      await restarted.close();
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});
