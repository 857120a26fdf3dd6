/** Whoever asks why a mail went, or waits, is told in words; in the sandbox. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { runCommand } from '@penstock/cli';
import { Platform } from './platform.ts';

const KEY = 'a-key-of-the-spec';
/** Rounds of asking, each of which waits for the platform: it is done long before. */
const ROUNDS = 2_000;

describe('asked why', () => {
  let platform: Platform;
  before(async () => {
    platform = await Platform.start({ environment: { PENSTOCK_API_KEY: KEY } });
  });
  after(() => platform.stop());

  async function penstock(...args: string[]): Promise<string> {
    const out: string[] = [];
    const err: string[] = [];
    await runCommand(args, {
      environment: { PENSTOCK_URL: platform.url, PENSTOCK_API_KEY: KEY },
      print: (text) => out.push(text),
      complain: (text) => err.push(text),
      sleep: async () => {},
    });
    return [...out, ...err].join('\n');
  }

  async function sent(to: string): Promise<string> {
    const body = {
      personalizations: [{ to: [{ email: to }] }],
      from: { email: 'shop@example.com' },
      subject: 'Hello',
      content: [{ type: 'text/plain', value: 'Text' }],
    };
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    const options = { method: 'POST', headers, body: JSON.stringify(body) };
    return (await fetch(`${platform.url}/v3/mail/send`, options)).headers.get('x-message-id') ?? '';
  }

  async function told(messageId: string, wanted: RegExp): Promise<string> {
    let text = '';
    for (let round = 0; round < ROUNDS; round++) {
      text = await penstock('why', messageId);
      if (wanted.test(text)) return text;
    }
    throw new Error(`it was never told so; last: ${text}`);
  }

  it('a delivered mail went, it says when and where it did, and within which limits', async () => {
    const text = await told(await sent('ann@gmail.com'), /It ended/);
    assert.match(text, /: delivered\. \S+ took it: 250 /);
    assert.match(text, /It went through ip-\d to gmail \(/);
    assert.match(text, /On that path \d+ of the \d+ deliveries/);
  });

  it('a mail waits whose path rests, it says until when, and when it would be given up', async () => {
    const text = await told(await sent('ann@blocked.sandbox'), /rests until/);
    assert.match(text, /It waits for us\./);
    assert.match(text, /It is expected to be tried at .* Undelivered, it is dropped at /);
  });

  it('a mail waits that its receiver put off, it says what the receiver said', async () => {
    const text = await told(await sent('ann@greylist.sandbox'), /It waits because the receiver put it off|It ended/);
    assert.match(text, /451 4\.7\.1 .*Understood as: unknown until it comes back/);
  });
});
