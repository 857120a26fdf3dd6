import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { prepareDataFolder } from './data-folder.ts';
import { StartupError } from './startup-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'penstock-data-folder-'));
after(() => rmSync(folder, { recursive: true }));

function says(text: string): (error: unknown) => boolean {
  return (error) => error instanceof StartupError && error.message.includes(text);
}

describe('the data folder', () => {
  it('is made with those above it, and found again', async () => {
    const path = join(folder, 'a/b/c');
    await prepareDataFolder(path);
    await prepareDataFolder(path);
    assert.ok(existsSync(path));
  });

  it('is refused where a file lies in its place or above it', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await assert.rejects(
      prepareDataFolder(file),
      says(`PENSTOCK_DATA_DIR: ${file} cannot be used as a folder (ENOTDIR)`),
    );
    await assert.rejects(prepareDataFolder(join(file, 'x')), says('(ENOTDIR)'));
  });

  it('is refused where the system takes no folder, instead of being tried for ever', async () => {
    await assert.rejects(prepareDataFolder('/proc/penstock/data'), StartupError);
  });
});
