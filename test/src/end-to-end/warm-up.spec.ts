/** Sources are warmed up by command, and their mail is held to the day, while the process lives and after it; in the sandbox. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCommand } from '@penstock/cli';
import { Platform } from './platform.ts';

const KEY = 'an-operators-key';
/** Rounds of asking, each of which waits for the platform: it is done long before. */
const ROUNDS = 2_000;

describe('a platform whose sources are in warm-up', () => {
  let dataDir: string;
  let platform: Platform;
  const start = () => Platform.start({ dataDir, environment: { PENSTOCK_API_KEY: KEY } });

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'penstock-warm-up-'));
    platform = await start();
  });
  after(async () => {
    await platform.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function penstock(...args: string[]): Promise<string> {
    const out: string[] = [];
    await runCommand(args, {
      environment: { PENSTOCK_URL: platform.url, PENSTOCK_API_KEY: KEY },
      print: (text) => out.push(text),
      complain: (text) => out.push(text),
      sleep: async () => {},
    });
    return out.join('\n');
  }

  async function send(to: string): Promise<string> {
    const body = {
      personalizations: [{ to: [{ email: to }] }],
      from: { email: 'shop@example.com' },
      subject: 'Hello',
      content: [{ type: 'text/plain', value: 'Text' }],
    };
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    const response = await fetch(`${platform.url}/v3/mail/send`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return response.headers.get('x-message-id') ?? '';
  }

  async function told(messageId: string, wanted: RegExp): Promise<string> {
    let text = '';
    for (let round = 0; round < ROUNDS; round++) {
      text = await penstock('why', messageId);
      if (wanted.test(text)) return text;
    }
    throw new Error(`it was never told so; last: ${text}`);
  }

  it('takes the first mail of each and holds the next, and says why', async () => {
    for (const source of ['ip-1', 'ip-2'])
      assert.match(await penstock('warmup', 'start', source), /day 0 of 0 to 41, 20/);
    await told(await send('a@gmail.com'), /It ended/);
    await told(await send('b@gmail.com'), /It ended/);
    const text = await told(await send('c@gmail.com'), /waits for us/);
    assert.match(text, /hour/);
  });

  it('still does after it was killed, and lets the mail go when the warm-up is stopped', async () => {
    await platform.kill();
    platform = await start();
    assert.match(await penstock('warmup', 'status'), /ip-1 +warming +sendgrid +0 +20/);
    assert.match(await penstock('warmup', 'start', 'ip-1'), /ip-1 is in warm-up/);
    const held: string[] = [];
    for (const name of ['d', 'e', 'f']) held.push(await send(`${name}@gmail.com`));
    for (const source of ['ip-1', 'ip-2']) assert.match(await penstock('warmup', 'stop', source), /no longer/);
    for (const message of held) await told(message, /It ended/);
    assert.match(await penstock('warmup', 'status', 'ip-1'), /stopped/);
  });
});
