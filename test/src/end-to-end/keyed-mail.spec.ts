import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { HttpClient, isSettled, PlatformApi } from '@penstock/cli';
import { RecordingSink } from '../fixtures/recording-sink.ts';
import { timelinesOf } from './mail-watch.ts';
import { Platform } from './platform.ts';

const KEY = 'SG.key-of-the-keyed-mail-tests';
const NAMES = { 'keyed.ann@gmail.com': 'Ann', 'keyed.jurgen@gmail.com': 'Jürgen' } as const;

function request(subject: string): object {
  return {
    from: { email: 'news@sender.example' },
    subject,
    content: [{ type: 'text/plain', value: 'Dear -name-,\nhello.' }],
    personalizations: Object.entries(NAMES).map(([email, name]) => ({
      to: [{ email }],
      substitutions: { '-name-': name },
    })),
  };
}

describe('a request with a key and substitutions', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'penstock-keyed-'));
  const sink = new RecordingSink();
  let sinkPort: number;
  let platform: Platform;

  const start = () => {
    const environment = { PENSTOCK_API_KEY: KEY, PENSTOCK_SMARTHOST: `127.0.0.1:${sinkPort}` };
    return Platform.start({ dataDir, environment });
  };
  before(async () => {
    sinkPort = await sink.start();
    platform = await start();
  });
  after(async () => {
    await platform.stop();
    await sink.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function post(body: object): Promise<{ status: number; messageId: string | null }> {
    const { status, headers } = await fetch(`${platform.url}/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', 'idempotency-key': 'order 4711' },
      body: JSON.stringify(body),
    });
    return { status, messageId: headers.get('x-message-id') };
  }

  it('is delivered to each with its own values, though the process is killed and the request comes again', async () => {
    const first = await post(request('For -name-'));
    assert.equal(first.status, 202);
    await platform.kill();
    platform = await start();
    assert.deepEqual(await post(request('For -name-')), first);
    assert.equal((await post(request('Another for -name-'))).status, 422);
    const client = new HttpClient({ url: platform.url, key: KEY });
    const timelines = await timelinesOf(new PlatformApi(client), first.messageId ?? '', isSettled, {
      withinMs: 60_000,
    });
    assert.equal(timelines.length, 2);
    assert.deepEqual(await post(request('For -name-')), first);
    for (const [recipient, subject, greeting] of [
      ['keyed.ann@gmail.com', 'Subject: For Ann\r\n', 'Dear Ann,\r\nhello.\r\n'],
      ['keyed.jurgen@gmail.com', 'Subject: =?UTF-8?', 'Dear J=C3=BCrgen,\r\nhello.\r\n'],
    ] as const) {
      const copies = sink.messages.filter(({ recipients }) => recipients.includes(recipient));
      // One that was under way at the kill may be repeated, and only that one.
      assert.ok(copies.length === 1 || copies.length === 2, `${copies.length} copies`);
      for (const { content } of copies) {
        assert.ok(content.includes(subject) && content.endsWith(greeting), content);
        assert.equal(content, copies[0]?.content);
      }
    }
  });
});
