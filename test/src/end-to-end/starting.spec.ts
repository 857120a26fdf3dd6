import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { HttpClient, PlatformApi } from '@penstock/cli';
import { SETTINGS } from '@penstock/standalone';
import { type Output, Platform, spawnStandalone } from './platform.ts';

describe('npm start', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'penstock-start-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function ended(
    environment: Record<string, string>,
    args: string[] = [],
  ): Promise<{ readonly code: number; readonly output: Output }> {
    const { child, output } = spawnStandalone(join(folder, 'unused'), environment, args);
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  }

  it('prints every setting with --help', async () => {
    const { code, output } = await ended({}, ['--help']);
    assert.equal(code, 0);
    for (const { name } of Object.values(SETTINGS)) assert.match(output.stdout, new RegExp(`^ +${name} `, 'm'));
  });

  it('makes a key once, prints it, and knows it after a restart; the rest is warned of', async () => {
    const dataDir = join(folder, 'data');
    const first = await Platform.start({ dataDir, environment: { PENSTOCK_HTTPPORT: '1' } });
    const key = /^ +API key +(\S+)/m.exec(first.output.stdout)?.[1];
    assert.match(
      first.output.stderr,
      /PENSTOCK_HTTPPORT is no setting and is ignored \(did you mean PENSTOCK_HTTP_PORT\?\)/,
    );
    const messageId = await new PlatformApi(new HttpClient({ url: first.url, key })).send({
      personalizations: [{ to: [{ email: 'ann@company.example' }] }],
      from: { email: 'news@sender.example' },
      subject: 'Before the restart',
      content: [{ type: 'text/plain', value: 'Text' }],
    });
    assert.equal(await first.stop(), 0);

    const second = await Platform.start({ dataDir });
    assert.ok(key && !second.output.stdout.includes(key));
    const [delivery] = await new PlatformApi(new HttpClient({ url: second.url, key })).deliveries(messageId);
    assert.equal(delivery?.domain, 'company.example');
    assert.equal(await second.stop(), 0);
  });

  it('says in one line that a port is in use', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    // A failed assertion must not leave the port open, or the process would never end.
    blocker.unref();
    const port = String((blocker.address() as AddressInfo).port);
    for (const setting of ['PENSTOCK_HTTP_PORT', 'PENSTOCK_SMTP_PORT']) {
      const { code, output } = await ended({ [setting]: port });
      assert.equal(code, 1);
      assert.match(output.stderr, new RegExp(`^${setting}: port ${port} of 127\\.0\\.0\\.1 is in use; .*\n$`));
    }
    blocker.close();
  });

  it('says in one line that the data folder is in use', async () => {
    const platform = await Platform.start();
    const { code, output } = await ended({ PENSTOCK_DATA_DIR: platform.dataDir });
    await platform.stop();
    assert.equal(code, 1);
    assert.match(output.stderr, /^PENSTOCK_DATA_DIR: .*in use by another process.*\n$/);
  });

  it('says in one line that the data folder cannot be one', async () => {
    const dataDir = join(folder, 'a-file');
    writeFileSync(dataDir, '');
    const { code, output } = await ended({ PENSTOCK_DATA_DIR: dataDir });
    assert.equal(code, 1);
    assert.match(output.stderr, /^PENSTOCK_DATA_DIR: .*a-file cannot be used as a folder \(ENOTDIR\): choose .*\n$/);
  });

  it('says in one line what is wrong with a policy or a setting', async () => {
    const file = join(folder, 'bad.toml');
    writeFileSync(file, 'egress = "everywhere"\n');
    const policy = await ended({ PENSTOCK_CONFIG: file });
    assert.equal(policy.code, 1);
    assert.match(policy.output.stderr, /^PENSTOCK_CONFIG: .*bad\.toml cannot be used: .*line 1: egress.*\n$/);
    const setting = await ended({ PENSTOCK_HTTP_PORT: 'eighty' });
    assert.equal(setting.code, 1);
    assert.match(setting.output.stderr, /^PENSTOCK_HTTP_PORT must be a port number.*\n$/);
    const host = await ended({ PENSTOCK_HOST: 'nowhere.invalid' });
    assert.equal(host.code, 1);
    assert.match(host.output.stderr, /^PENSTOCK_HOST: nowhere\.invalid is no address of this machine\n$/);
    const option = await ended({}, ['--port', '9090']);
    assert.equal(option.code, 1);
    assert.match(option.output.stderr, /^no options but --help: .*\n$/);
  });
});
