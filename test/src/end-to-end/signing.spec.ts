/** Mail from a registered domain leaves signed, whichever way it came in, and its copy after a crash has the same signature. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { HttpClient } from '@penstock/cli';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { Platform } from './platform.ts';

const OPERATOR = 'an-operators-key';
const DOMAIN = 'sender.example';

/** A host that keeps what it gets, and may leave a message without an answer. */
class Sink {
  private readonly messages: Buffer[] = [];
  private wake: () => void = () => {};
  /** The next message with this in it is kept and never answered. */
  silentFor: string | undefined;
  private readonly server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const message = Buffer.concat(chunks);
        this.messages.push(message);
        if (this.silentFor !== undefined && message.includes(this.silentFor)) this.silentFor = undefined;
        else done();
        this.wake();
      });
    },
  });

  async start(): Promise<number> {
    // A client that is killed is no fault of the test.
    this.server.on('error', () => {});
    const listening = this.server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    return (listening.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** The messages that have `text` in them, once there are so many. */
  async received(text: string, count: number): Promise<readonly Buffer[]> {
    for (;;) {
      const found = this.messages.filter((message) => message.includes(text));
      if (found.length >= count) return found;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

describe('mail from a registered domain', () => {
  const sink = new Sink();
  let dataDir: string;
  let environment: Record<string, string>;
  let platform: Platform;
  let records: ReadonlyMap<string, string>;

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'penstock-signing-'));
    environment = { PENSTOCK_SMARTHOST: `127.0.0.1:${await sink.start()}`, PENSTOCK_API_KEY: OPERATOR };
    platform = await Platform.start({ dataDir, environment });
    records = await domainAdded();
  });
  after(async () => {
    await platform.stop();
    await sink.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** The DKIM records as the platform says that they are to be published. */
  async function domainAdded(): Promise<ReadonlyMap<string, string>> {
    const client = new HttpClient({ url: platform.url, key: OPERATOR });
    const { body } = await client.post('/v1/admin/domains', { domain: DOMAIN });
    const zones = (body as { readonly records: readonly { readonly zone: string }[] }).records
      .map(({ zone }) => zone)
      .filter((zone) => zone.includes('v=DKIM1'));
    return new Map(
      zones.map((zone) => {
        const text = [...zone.matchAll(/"([^"]*)"/g)].map(([, part]) => part).join('');
        return [zone.slice(0, zone.search(/[.]?\s/)), text] as const;
      }),
    );
  }

  async function post(subject: string, content: string): Promise<void> {
    await new HttpClient({ url: platform.url, key: OPERATOR }).post('/v3/mail/send', {
      personalizations: [{ to: [{ email: 'bob@company.example' }] }],
      from: { email: `ann@${DOMAIN}`, name: 'Ännchen' },
      subject,
      content: [{ type: 'text/plain', value: content }],
      headers: { 'List-Unsubscribe': '<https://sender.example/u>' },
    });
  }

  async function verified(message: Buffer): Promise<readonly string[]> {
    const { results } = await dkimVerify(message, {
      resolver: async (name) => {
        const text = records.get(name);
        if (text === undefined) throw Object.assign(new Error(`no record ${name}`), { code: 'ENOTFOUND' });
        return [[text]];
      },
    });
    return results.map(({ signingDomain, status }) => `${signingDomain} ${status.result}`);
  }

  it('is signed with each key, over HTTP and over SMTP', async () => {
    await post('http-one', 'Grüße\n.\n..\n\n\n');
    const relay = createTransport({
      host: platform.smtpHost,
      port: platform.smtpPort,
      auth: { user: 'apikey', pass: OPERATOR },
      ignoreTLS: true,
    });
    await relay.sendMail({
      envelope: { from: `ann@${DOMAIN}`, to: 'bob@company.example' },
      raw: Buffer.from(`Subject: smtp-one\r\nFrom: <ann@news.${DOMAIN}>\r\n\r\n\u00e4 \t\r\n.\r\n\r\n`, 'latin1'),
    });
    relay.close();
    for (const subject of ['http-one', 'smtp-one']) {
      const [message = Buffer.of()] = await sink.received(subject, 1);
      assert.deepEqual(await verified(message), [`${DOMAIN} pass`, `${DOMAIN} pass`], message.toString('latin1'));
    }
  });

  it('has the same signature when it is sent again after a crash', async () => {
    sink.silentFor = 'crash-one';
    await post('crash-one', 'Hello');
    await sink.received('crash-one', 1);
    await platform.kill();
    platform = await Platform.start({ dataDir, environment });
    const [first, second] = await sink.received('crash-one', 2);
    assert.ok(first && second);
    assert.deepEqual(await verified(first), [`${DOMAIN} pass`, `${DOMAIN} pass`]);
    assert.equal(second.toString('latin1'), first.toString('latin1'));
  });
});
