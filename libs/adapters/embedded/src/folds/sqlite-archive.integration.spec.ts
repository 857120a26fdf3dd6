import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { ArchiveEntry } from '@penstock/ports';
import { ARCHIVE_SCHEMA, SqliteArchive } from './sqlite-archive.ts';
import { SqliteFile } from './sqlite-file.ts';

it('an event without its text, its id or its time is refused before anything of its append is stored', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-archive-'));
  const file = SqliteFile.open(join(folder, 'archive.db'), ARCHIVE_SCHEMA, { log: () => {} });
  try {
    const archive = new SqliteArchive(file);
    const whole = { stream: 's', eventId: 'e1', type: 't', at: 1, json: '{"n":1}' };
    for (const missing of ['json', 'eventId', 'at']) {
      const broken = { ...whole, eventId: 'e2', [missing]: undefined } as unknown as ArchiveEntry;
      await assert.rejects(archive.append([whole, broken], new Map([['p', 2]])), TypeError);
    }
    assert.equal((await archive.positions()).size, 0);
    assert.deepEqual(await archive.read('s', 0, 10), []);
    await archive.append([whole], new Map([['p', 1]]));
    assert.deepEqual(await archive.read('s', 0, 10), [
      { revision: 0, eventId: 'e1', type: 't', at: 1, data: { n: 1 } },
    ]);
  } finally {
    file.close();
    rmSync(folder, { recursive: true });
  }
});
