import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { formerOwners } from './former-owners.ts';

describe('the former owners of a folder', () => {
  let root = '';
  const told: string[] = [];
  const telemetry = { log: (_level: string, event: string) => told.push(event) };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'owners-'));
    told.length = 0;
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const open = (owner: string, folder = 'a', bootId = 'boot-1') =>
    formerOwners({ folder: join(root, folder), owner, telemetry, bootId });

  /** A life of a process that had the folder and died. */
  async function lives(owner: string, folder = 'a', bootId = 'boot-1'): Promise<readonly string[]> {
    const { owners, lock } = await open(owner, folder, bootId);
    lock?.release();
    return owners;
  }

  it('are those that had it before, newest first, also those that died at once', async () => {
    assert.deepEqual(await lives('d-1'), []);
    assert.deepEqual(await lives('d-2'), ['d-1']);
    assert.deepEqual(await lives('d-3'), ['d-2', 'd-1']);
    assert.deepEqual(told, []);
  });

  it('are none while another process has it, and that one stays known', async () => {
    const { lock } = await open('d-1');
    assert.deepEqual(await lives('d-2'), []);
    assert.deepEqual(told, ['former_owners_unknown']);
    lock?.release();
    assert.deepEqual(await lives('d-3'), ['d-1']);
  });

  it('are none in a copy of the folder: its first process may live', async () => {
    await lives('d-1');
    mkdirSync(join(root, 'b', 'owner'), { recursive: true });
    for (const file of ['owners.json', 'lock.db']) {
      copyFileSync(join(root, 'a', 'owner', file), join(root, 'b', 'owner', file));
    }
    assert.deepEqual(await lives('d-2', 'b'), []);
  });

  it('are none under another kernel, whose locks this one may not see', async () => {
    await lives('d-1');
    assert.deepEqual(await lives('d-2', 'a', 'boot-2'), []);
  });

  it('are none where the file is damaged', async () => {
    await lives('d-1');
    writeFileSync(join(root, 'a', 'owner', 'owners.json'), '{"place":');
    assert.deepEqual(await lives('d-2'), []);
    assert.deepEqual(await lives('d-3'), ['d-2']);
  });
});
