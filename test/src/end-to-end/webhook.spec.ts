/** A tenant is told what becomes of its mail, verified with SendGrid's own library, through an outage and a crash. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCommand } from '@penstock/cli';
import eventWebhook from '@sendgrid/eventwebhook';
import { RecordingSink } from '../fixtures/recording-sink.ts';
import { Platform } from './platform.ts';
import { type Post, WebhookEndpoint } from './webhook-endpoint.ts';

const KEY = 'the-key-of-the-tenant';

describe('a tenant with a webhook', () => {
  const sink = new RecordingSink();
  const endpoint = new WebhookEndpoint();
  let dataDir: string;
  let environment: Record<string, string>;
  let platform: Platform;
  let url: string;
  let publicKey: string;

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'penstock-webhook-'));
    environment = {
      PENSTOCK_SMARTHOST: `127.0.0.1:${await sink.start()}`,
      PENSTOCK_API_KEY: KEY,
      PENSTOCK_WEBHOOK_ALLOW: 'private',
    };
    platform = await Platform.start({ dataDir, environment });
    url = await endpoint.start();
  });
  after(async () => {
    await platform.stop();
    await sink.stop();
    await endpoint.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function penstock(...args: string[]) {
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCommand(args, {
      environment: { PENSTOCK_URL: platform.url, PENSTOCK_API_KEY: KEY },
      print: (text) => out.push(text),
      complain: (text) => err.push(text),
      sleep: async () => {},
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  }

  async function send(to: string): Promise<string> {
    const response = await fetch(`${platform.url}/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        personalizations: [{ to: [{ email: to }], custom_args: { campaign: 'spring' } }],
        from: { email: 'news@example.com' },
        subject: 'Hello',
        content: [{ type: 'text/plain', value: 'Text' }],
        categories: ['news'],
      }),
    });
    assert.equal(response.status, 202, await response.text());
    return response.headers.get('x-message-id') ?? '';
  }

  function isVerified({ headers, body }: Post): boolean {
    const webhook = new eventWebhook.EventWebhook();
    const { EventWebhookHeader } = eventWebhook;
    const header = (name: string) => headers[name.toLowerCase()] as string;
    return webhook.verifySignature(
      webhook.convertPublicKeyToECDSA(publicKey),
      body,
      header(EventWebhookHeader.SIGNATURE()),
      header(EventWebhookHeader.TIMESTAMP()),
    );
  }

  it('sets it by the command line, has its key, and tries it', async () => {
    const set = await penstock('webhook', 'set', url, '--json');
    assert.equal(set.code, 0, set.err);
    ({ publicKey } = JSON.parse(set.out) as { publicKey: string });
    assert.equal((await penstock('webhook', 'key', 'default')).out, publicKey);
    assert.match((await penstock('webhook', 'list')).out, /default.*processed,deferred,delivered,bounce,dropped/);
    const tried = await penstock('webhook', 'test', 'default');
    assert.equal(tried.code, 0, tried.err);
    assert.ok(endpoint.posts.every(isVerified));
    endpoint.up = false;
    assert.match((await penstock('webhook', 'test', 'default')).err, /it answered 503/);
    endpoint.up = true;
    assert.match((await penstock('webhook', 'set', 'ftp://example.com')).err, /url must be/);
  });

  it('is told of its mail in signed batches', async () => {
    const messageId = await send('ann@example.org');
    await endpoint.until(() => endpoint.eventsOf(messageId, true).some(({ event }) => event === 'delivered'));
    const events = endpoint.eventsOf(messageId, true);
    assert.deepEqual(
      events.map(({ event, email }) => [event, email]),
      [
        ['processed', 'ann@example.org'],
        ['delivered', 'ann@example.org'],
      ],
    );
    assert.deepEqual(new Set(events.map((event) => (event as { campaign?: string }).campaign)), new Set(['spring']));
    assert.ok(endpoint.posts.every(isVerified));
  });

  it('loses nothing while it is away and the platform is killed, and knows each event by its id', async () => {
    endpoint.up = false;
    const messageId = await send('bob@example.org');
    await endpoint.until(() => endpoint.eventsOf(messageId, false).length > 0);
    await platform.kill();
    platform = await Platform.start({ dataDir, environment });
    const tries = endpoint.posts.length;
    await endpoint.until(() => endpoint.posts.length > tries);
    endpoint.up = true;
    await endpoint.until(() => endpoint.eventsOf(messageId, true).some(({ event }) => event === 'delivered'));
    const ids = new Map<string, Set<string>>();
    for (const taken of [true, false]) {
      for (const { event, sg_event_id: id } of endpoint.eventsOf(messageId, taken)) {
        ids.set(event, (ids.get(event) ?? new Set()).add(id));
      }
    }
    assert.deepEqual([...ids.keys()].sort(), ['delivered', 'processed']);
    assert.ok([...ids.values()].every(({ size }) => size === 1));
    assert.equal(endpoint.eventsOf(messageId, true)[0]?.event, 'processed');
    assert.ok(endpoint.posts.every(isVerified));
  });

  it('hears nothing more once it is removed', async () => {
    assert.equal((await penstock('webhook', 'remove', 'default')).code, 0);
    assert.equal((await penstock('webhook', 'list')).out, 'No webhooks.');
    assert.match((await penstock('webhook', 'test', 'default')).err, /has no webhook/);
  });
});
