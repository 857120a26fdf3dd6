import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { HttpClient, isSettled, PlatformApi } from '@penstock/cli';
import { timelinesOf } from './mail-watch.ts';
import { Platform } from './platform.ts';

const KEY = 'SG.key-of-the-stopped-platform';
const CLI = new URL('../../../libs/cli/bin/penstock.mjs', import.meta.url).pathname;
const MAILS = 20;

describe('the folder of a platform that was killed', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'penstock-stopped-'));
  after(() => rmSync(dataDir, { recursive: true, force: true }));

  function penstock(...args: string[]) {
    return promisify(execFile)(process.execPath, [CLI, ...args, '--data-dir', dataDir]);
  }

  function start(): Promise<Platform> {
    return Platform.start({ dataDir, environment: { PENSTOCK_API_KEY: KEY } });
  }

  it('is not opened while the platform runs, nor one that is none', async () => {
    const platform = await start();
    try {
      const api = new PlatformApi(new HttpClient({ url: platform.url, key: KEY }));
      const to = Array.from({ length: MAILS }, (_, n) => ({ to: [{ email: `r${n}@company.example` }] }));
      const content = [{ type: 'text/plain', value: 'Kept.' }];
      const mail = { personalizations: to, from: { email: 'a@sender.example' }, subject: 'Kept', content };
      await timelinesOf(api, await api.send(mail), isSettled);
      await assert.rejects(penstock('rebuild', '--all'), /a platform runs on .+: stop it/);
      const elsewhere = join(dataDir, 'elsewhere');
      const nowhere = [CLI, 'events', 'export', '--data-dir', elsewhere];
      await assert.rejects(promisify(execFile)(process.execPath, nowhere), /is not the data folder of a platform/);
      assert.equal(existsSync(elsewhere), false);
    } finally {
      await platform.kill();
    }
  });

  it('is exported, and its read models are found equal and switched', async () => {
    const { stdout, stderr } = await penstock('events', 'export', '--type', 'delivered');
    assert.equal(stdout.trim().split('\n').length, MAILS);
    const cursor = /--after (\S+)/.exec(stderr)?.[1] ?? '';
    assert.equal((await penstock('events', 'export', '--after', cursor)).stdout, '');
    assert.doesNotMatch((await penstock('rebuild', '--all')).stdout, /differ/);
    assert.match((await penstock('rebuild', 'projector', '--swap')).stdout, /switched to the rebuilt rows/);
    await assert.rejects(penstock('rebuild', 'nothing'), /no read model/);
  });

  it('is the platform’s again afterwards', async () => {
    const platform = await start();
    try {
      const running = new HttpClient({ url: platform.url, key: KEY });
      const { totals } = (await running.get('/v1/lanes?limit=10')) as { totals: { waiting: number; open: number } };
      assert.deepEqual([totals.waiting, totals.open], [0, 0]);
      const env = { ...process.env, PENSTOCK_URL: platform.url, PENSTOCK_API_KEY: KEY };
      const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'rebuild', '--all'], { env });
      assert.match(stdout, /equal/);
    } finally {
      await platform.stop();
    }
  });
});
