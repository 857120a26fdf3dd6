/** Addresses that a tenant sends nothing to, by the command line, over HTTP and by what receivers say; in the sandbox. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCommand } from '@penstock/cli';
import { Platform } from './platform.ts';

const OPERATOR = 'an-operators-key';
/** Rounds of asking, each of which waits for the platform: it is done long before. */
const ROUNDS = 5_000;

interface Shown {
  readonly deliveries: readonly { readonly deliveryId: string; readonly status: string; readonly attempts: number }[];
}

describe('a platform with suppressions', () => {
  let dataDir: string;
  let platform: Platform;

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'penstock-suppressions-'));
    platform = await start();
  });
  after(async () => {
    await platform.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const start = () => Platform.start({ dataDir, environment: { PENSTOCK_API_KEY: OPERATOR } });

  async function penstock(key: string, ...args: string[]) {
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCommand(args, {
      environment: { PENSTOCK_URL: platform.url, PENSTOCK_API_KEY: key },
      print: (text) => out.push(text),
      complain: (text) => err.push(text),
      sleep: async () => {},
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  }

  async function keyOf(tenant: string): Promise<string> {
    const { out } = await penstock(OPERATOR, 'keys', 'create', '--tenant', tenant, '--json');
    return (JSON.parse(out) as { key: string }).key;
  }

  async function send(key: string, to: readonly string[], more: object = {}): Promise<string> {
    const response = await fetch(`${platform.url}/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        personalizations: to.map((email) => ({ to: [{ email }] })),
        from: { email: 'shop@example.com' },
        subject: 'Hello',
        content: [{ type: 'text/plain', value: 'Text' }],
        ...more,
      }),
    });
    assert.equal(response.status, 202, await response.text());
    return response.headers.get('x-message-id') ?? '';
  }

  const get = async (key: string, path: string) => {
    const response = await fetch(`${platform.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
    return { status: response.status, body: (await response.json()) as unknown };
  };

  /** How the deliveries of a message ended, in their order. */
  async function ends(key: string, messageId: string): Promise<readonly string[]> {
    for (let round = 0; round < ROUNDS; round++) {
      const { status, body } = await get(key, `/v1/messages/${messageId}`);
      const { deliveries = [] } = body as Partial<Shown>;
      const open = deliveries.some((each) => ['waiting', 'held', 'open'].includes(each.status));
      if (status === 200 && deliveries.length > 0 && !open) return deliveries.map((each) => each.status);
    }
    throw new Error(`message ${messageId} never ended`);
  }

  /** Its receiver has put it off once. */
  async function putOff(key: string, messageId: string): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const { body } = await get(key, `/v1/messages/${messageId}`);
      const [only] = (body as Partial<Shown>).deliveries ?? [];
      if (only?.status === 'waiting' && only.attempts === 1) return;
    }
    throw new Error(`message ${messageId} was never put off`);
  }

  async function listed(key: string, count: number): Promise<string> {
    for (let round = 0; round < ROUNDS; round++) {
      const { out } = await penstock(key, 'suppression', 'list');
      if (out.includes(`${count} suppression`)) return out;
    }
    throw new Error(`there were never ${count} suppressions`);
  }

  it('sends nothing to an address from the moment it was added, and to the others of the message', async () => {
    const acme = await keyOf('acme');
    const added = await penstock(acme, 'suppression', 'add', 'Ann@gmail.com', '--reason', 'unsubscribe');
    assert.deepEqual([added.code, added.out], [0, '1 address is suppressed now']);
    const messageId = await send(acme, ['ann@gmail.com', 'bob@gmail.com']);
    assert.deepEqual(await ends(acme, messageId), ['dropped', 'delivered']);
    const bypass = { mail_settings: { bypass_unsubscribe_management: { enable: true } } };
    assert.deepEqual(await ends(acme, await send(acme, ['ann@gmail.com'], bypass)), ['delivered']);
    const removed = await penstock(acme, 'suppression', 'remove', 'ann@gmail.com');
    assert.equal(removed.out, '1 address is suppressed no more');
    assert.deepEqual(await ends(acme, await send(acme, ['ann@gmail.com'])), ['delivered']);
  });

  it('drops what waits for its retry when its address is added meanwhile', async () => {
    const stark = await keyOf('stark');
    const messageId = await send(stark, ['ann@greylist.sandbox']);
    await putOff(stark, messageId);
    await penstock(stark, 'suppression', 'add', 'ann@greylist.sandbox');
    assert.deepEqual(await ends(stark, messageId), ['dropped']);
    const told = await penstock(stark, 'why', messageId);
    assert.match(told.out, /the address is suppressed: nothing is sent to it \(manual\), after one attempt/);
  });

  it('shows a tenant its own only', async () => {
    const [globex, initech] = [await keyOf('globex'), await keyOf('initech')];
    await penstock(globex, 'suppression', 'add', 'ann@gmail.com', '--expires', '90d');
    assert.match((await penstock(initech, 'suppression', 'list')).out, /none is suppressed/);
    const refused = await penstock(initech, 'suppression', 'list', '--tenant', 'globex');
    assert.deepEqual([refused.code, refused.err], [1, 'tenant: This key is for the suppressions of its own tenant.']);
    assert.match((await penstock(OPERATOR, 'suppression', 'list', '--tenant', 'globex')).out, /ann@gmail.com +manual/);
    assert.deepEqual(await ends(initech, await send(initech, ['ann@gmail.com'])), ['delivered']);
  });

  it('suppresses an address by itself once a receiver said that it does not exist', async () => {
    const hooli = await keyOf('hooli');
    const bounced = await send(hooli, ['unknown@full.sandbox']);
    assert.deepEqual(await ends(hooli, bounced), ['bounced']);
    assert.match(await listed(hooli, 1), new RegExp(`unknown@full.sandbox +bounce .*user_unknown, ${bounced}`));
    assert.deepEqual(await ends(hooli, await send(hooli, ['unknown@full.sandbox'])), ['dropped']);
  });

  it('imports a list, exports it again, and has it after it was killed', async () => {
    const umbrella = await keyOf('umbrella');
    const file = join(dataDir, 'list.csv');
    const rows = Array.from({ length: 2_500 }, (_, i) => `r${i}@example.org,complaint`);
    writeFileSync(file, ['email,reason', ...rows, 'nobody,manual', '"r1@example.org",complaint'].join('\n'));
    const imported = await penstock(umbrella, 'suppression', 'import', file);
    assert.deepEqual([imported.code, imported.out], [1, '2,500 addresses added, 1 one as before']);
    assert.equal(imported.err, 'line 2502: The address has no @.\n1 line not taken');
    await platform.kill();
    platform = await start();
    const exported = await penstock(umbrella, 'suppression', 'export', '--format', 'jsonl');
    assert.deepEqual([exported.code, exported.err], [0, '2,500 suppressions']);
    assert.equal(exported.out.split('\n').length, 2_500);
    const again = join(dataDir, 'list.jsonl');
    writeFileSync(again, exported.out);
    const { out } = await penstock(umbrella, 'suppression', 'import', again);
    assert.equal(out, '0 addresses added, 2,500 others as before');
    assert.deepEqual(await ends(umbrella, await send(umbrella, ['R7@Example.org'])), ['dropped']);
    assert.ok(!platform.output.stdout.includes('example.org') && !platform.output.stderr.includes('example.org'));
  });
});
