import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { HttpClient, isSettled, PlatformApi } from '@penstock/cli';
import { timelinesOf } from './mail-watch.ts';
import { Platform } from './platform.ts';

const KEY = 'SG.key-of-the-replay-tests';
const MAIL_KEY = 'key-of-umbrella-mail';
const CLI = new URL('../../../libs/cli/bin/penstock.mjs', import.meta.url).pathname;

interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly record: { readonly type: string; readonly tenant?: string; readonly deliveryId?: string };
}

describe('reading the log again', () => {
  let platform: Platform;
  let deliveryId: string;

  before(async () => {
    platform = await Platform.start({
      environment: { PENSTOCK_API_KEY: KEY, PENSTOCK_API_KEYS: `umbrella:bulk:${MAIL_KEY}` },
    });
    const api = new PlatformApi(new HttpClient({ url: platform.url, key: KEY }));
    const to = Array.from({ length: 20 }, (_, n) => ({ to: [{ email: `r${n}@company.example` }] }));
    const content = [{ type: 'text/plain', value: 'Again.' }];
    const mail = { personalizations: to, from: { email: 'a@sender.example' }, subject: 'Again', content };
    const [first] = await timelinesOf(api, await api.send(mail), isSettled);
    assert.ok(first);
    deliveryId = first.deliveryId;
  });
  after(() => platform.stop());

  function environment(key: string) {
    return { ...process.env, PENSTOCK_URL: platform.url, PENSTOCK_API_KEY: key };
  }

  function penstock(key: string, ...args: string[]) {
    return promisify(execFile)(process.execPath, [CLI, ...args], { env: environment(key) });
  }

  function linesOf(stdout: string): readonly Line[] {
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }

  it('finds every read model equal to what the log makes of it, and switches to the rebuilt one', async () => {
    const check = await penstock(KEY, 'rebuild', '--all', '--check');
    assert.match(check.stdout, /projector:/);
    assert.doesNotMatch(check.stdout, /differ/);
    assert.match((await penstock(KEY, 'rebuild', 'projector', '--swap')).stdout, /switched to the rebuilt rows/);
    assert.doesNotMatch((await penstock(KEY, 'rebuild', '--all')).stdout, /differ/);
    assert.match((await penstock(KEY, 'status')).stdout, /platform: ready/);
    await assert.rejects(penstock(KEY, 'rebuild', 'archive'), /a rebuild never runs/);
    await assert.rejects(penstock(MAIL_KEY, 'rebuild', '--all'), /scope operate/);
  });

  it('exports records as JSON Lines, and goes on after a cursor', async () => {
    const all = await penstock(KEY, 'events', 'export', '--from', '-1h');
    const lines = linesOf(all.stdout);
    assert.equal(lines.filter(({ record }) => record.type === 'delivered').length, 20);
    assert.ok(lines.every(({ topic, offset }) => topic === 'mail.events' && offset >= 0));
    const cursor = /--after (\S+)/.exec(all.stderr)?.[1];
    assert.ok(cursor, all.stderr);
    assert.equal((await penstock(KEY, 'events', 'export', '--after', cursor)).stdout, '');
    const one = linesOf((await penstock(KEY, 'events', 'export', '--delivery', deliveryId)).stdout);
    assert.deepEqual(
      one.map(({ record }) => record.type),
      ['processed', 'released', 'delivered'],
    );
    const control = linesOf((await penstock(KEY, 'events', 'export', '--topic', 'mail.control')).stdout);
    assert.ok(control.some(({ record }) => record.type === 'policy_changed'));
    assert.ok((await penstock(KEY, 'events', 'export', '--topic', 'mail.submissions')).stdout.includes('"received"'));
  });

  it('shows a tenant its own records only', async () => {
    assert.equal((await penstock(MAIL_KEY, 'events', 'export')).stdout, '');
    await assert.rejects(penstock(MAIL_KEY, 'events', 'export', '--tenant', 'default'), /access forbidden/);
    await assert.rejects(penstock(KEY, 'events', 'export', '--from', 'yesterday'), /from/);
  });

  it('follows what comes, and the platform stops although somebody follows', async () => {
    const tail = spawn(process.execPath, [CLI, 'events', 'tail', '--from', '0', '--type', 'delivered'], {
      env: environment(KEY),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    tail.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    while (linesOf(out.slice(0, out.lastIndexOf('\n') + 1)).length < 20) await once(tail.stdout, 'data');
    const exited = once(tail, 'exit');
    assert.equal(await platform.stop(), 0);
    await exited;
  });
});
