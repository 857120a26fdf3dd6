/** Whoever runs the platform makes tenants, keys and domains by the command line; mail is taken accordingly. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCommand } from '@penstock/cli';
import { deriveKey, readReturnPath } from '@penstock/sealing';
import { createTransport, type Transporter } from 'nodemailer';
import { RecordingSink } from '../fixtures/recording-sink.ts';
import { Platform, spawnStandalone } from './platform.ts';

const OPERATOR = 'an-operators-key';

interface Made {
  readonly id: string;
  readonly key: string;
}

describe('a platform whose tenants, keys and domains are administered', () => {
  const sink = new RecordingSink();
  let dataDir: string;
  let environment: Record<string, string>;
  let platform: Platform;

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'penstock-administration-'));
    environment = {
      PENSTOCK_SMARTHOST: `127.0.0.1:${await sink.start()}`,
      PENSTOCK_API_KEY: OPERATOR,
      PENSTOCK_BOUNCE_HOST: 'mx.platform.example',
    };
    platform = await Platform.start({ dataDir, environment });
  });
  after(async () => {
    await platform.stop();
    await sink.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function penstock(...args: string[]) {
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCommand(args, {
      environment: { PENSTOCK_URL: platform.url, PENSTOCK_API_KEY: OPERATOR },
      print: (text) => out.push(text),
      complain: (text) => err.push(text),
      sleep: async () => {},
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  }

  async function madeKey(tenant: string): Promise<Made> {
    const { code, out, err } = await penstock('keys', 'create', '--tenant', tenant, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out) as Made;
  }

  async function post(key: string, to: string, from: string, headers: Record<string, string> = {}) {
    const response = await fetch(`${platform.url}/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        personalizations: [{ to: [{ email: to }] }],
        from: { email: from },
        subject: 'Hello',
        content: [{ type: 'text/plain', value: 'Text' }],
        headers,
      }),
    });
    const text = await response.text();
    const errors =
      text === '' ? [] : (JSON.parse(text) as { errors: { field: string | null; message: string }[] }).errors;
    return { status: response.status, errors };
  }

  function submission(key: string, pool: boolean): Transporter {
    const options = { host: platform.smtpHost, port: platform.smtpPort, ignoreTLS: true };
    const auth = { user: 'apikey', pass: key };
    return createTransport(pool ? { ...options, auth, pool: true, maxConnections: 1 } : { ...options, auth });
  }

  it('takes mail with a key from the moment it is made until it is revoked, at both doors, also after a crash', async () => {
    const { id, key } = await madeKey('acme');
    assert.equal((await post(key, 'one@company.example', 'ann@sender.example')).status, 202);
    await platform.kill();
    platform = await Platform.start({ dataDir, environment });
    assert.equal((await post(key, 'two@company.example', 'ann@sender.example')).status, 202);
    const session = submission(key, true);
    const mail = { from: 'ann@sender.example', to: 'three@company.example', subject: 'x', text: 'x' };
    await session.sendMail(mail);
    await sink.received('three@company.example');

    assert.equal((await penstock('keys', 'revoke', id)).code, 0);
    assert.equal((await post(key, 'four@company.example', 'ann@sender.example')).status, 401);
    await assert.rejects(session.sendMail(mail), /550 5\.7\.1/);
    await assert.rejects(submission(key, false).sendMail(mail), /535 5\.7\.8/);
    session.close();
    assert.ok(!(await penstock('keys', 'list')).out.includes(id));

    await platform.kill();
    platform = await Platform.start({ dataDir, environment });
    assert.equal((await post(key, 'four@company.example', 'ann@sender.example')).status, 401);
  });

  it('keeps a tenant to its domains, and gives its mail a return path there', async () => {
    const { key } = await madeKey('globex');
    const { key: stranger } = await madeKey('initech');
    const { out } = await penstock('domain', 'add', 'globex.example', '--tenant', 'globex');
    assert.match(out, /^ps\d{6}r\._domainkey\.globex\.example\. IN TXT "v=DKIM1; k=rsa; p=[^"]+" "[^"]+"$/m);
    assert.match(out, /^ps\d{6}e\._domainkey\.globex\.example\. IN TXT "v=DKIM1; k=ed25519; p=[^"]{44}"$/m);
    assert.match(out, /^bounces\.globex\.example\. IN MX 10 mx\.platform\.example\.$/m);
    assert.equal(
      (await penstock('domain', 'add', 'globex.example', '--tenant', 'globex')).out.split('\n\n')[1],
      out.split('\n\n')[1],
    );
    const taken = await penstock('domain', 'add', 'globex.example', '--tenant', 'initech');
    assert.match(taken.err, /globex\.example is a sending domain of another tenant/);

    const unsubscribe = {
      'List-Unsubscribe': '<https://globex.example/u>',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    };
    assert.equal((await post(key, 'ann@company.example', 'news@globex.example', unsubscribe)).status, 202);
    const { mailFrom, content } = await sink.received('ann@company.example');
    const [, token = '', host] = /^<?(b-[a-z0-9]+)@([a-z.]+)/.exec(mailFrom) ?? [];
    assert.equal(host, 'bounces.globex.example');
    const secretKey = new Uint8Array(readFileSync(join(dataDir, 'secret.key')));
    assert.match(readReturnPath(deriveKey(secretKey, 'return-path-tokens'), token) ?? '', /^[\w-]{22}\.0\.\d$/);
    assert.match(content, /^List-Unsubscribe: <https:\/\/globex\.example\/u>\r$/m);
    assert.match(content, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);

    const wrong = await post(key, 'ann@company.example', 'news@initech.example');
    assert.deepEqual([wrong.status, wrong.errors[0]?.field], [403, 'from.email']);
    const mail = { from: 'news@initech.example', to: 'ann@company.example', subject: 'x', text: 'x' };
    await assert.rejects(submission(key, false).sendMail(mail), /550 5\.7\.1 The From field uses initech\.example/);
    assert.equal((await post(stranger, 'bob@company.example', 'eve@globex.example')).status, 403);
    assert.equal((await post(stranger, 'bob@company.example', 'eve@initech.example')).status, 202);
  });

  it('is administered with the scope operate only', async () => {
    const { key } = await madeKey('acme');
    for (const path of ['keys', 'tenants', 'domains']) {
      const asked = (authorization: string) =>
        fetch(`${platform.url}/v1/admin/${path}`, { headers: { authorization } }).then(({ status }) => status);
      assert.equal(await asked(`Bearer ${key}`), 403);
      assert.equal(await asked('Bearer nobodys-key'), 401);
      assert.equal(await asked(`Bearer ${OPERATOR}`), 200);
    }
    const text = JSON.stringify(await penstock('keys', 'list', '--json'));
    assert.ok(!text.includes('hash') && !text.includes('pk_'));
  });

  it('names at the start the domains whose keys another secret key sealed, and starts all the same', async () => {
    await platform.stop();
    rmSync(join(dataDir, 'secret.fingerprint'));
    const { secret, refused } = { secret: join(dataDir, 'secret.key'), refused: randomBytes(32).toString('hex') };
    const { child, output } = spawnStandalone(dataDir, { ...environment, PENSTOCK_SECRET_KEY: refused });
    const [code] = (await once(child, 'close')) as [number];
    assert.deepEqual([code, output.stdout], [1, '']);
    assert.match(output.stderr, /^PENSTOCK_SECRET_KEY is another key than .*secret\.key/);

    writeFileSync(secret, randomBytes(32));
    platform = await Platform.start({ dataDir, environment });
    assert.match(
      platform.output.stderr,
      /warning: the DKIM keys of globex\.example were sealed under another secret key/,
    );
  });
});
