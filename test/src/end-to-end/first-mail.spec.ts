import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { HttpClient, isSettled, PlatformApi } from '@penstock/cli';
import sendgrid from '@sendgrid/mail';
import { createTransport } from 'nodemailer';
import { story, timelinesOf } from './mail-watch.ts';
import { mailboxOf } from './mailbox.ts';
import { Platform } from './platform.ts';

const KEY = 'SG.key-of-the-end-to-end-tests';

describe('a first mail', () => {
  let platform: Platform;
  let client: HttpClient;
  let api: PlatformApi;

  before(async () => {
    platform = await Platform.start({ environment: { PENSTOCK_API_KEY: KEY } });
    client = new HttpClient({ url: platform.url, key: KEY });
    api = new PlatformApi(client);
  });
  after(() => platform.stop());

  async function assertDelivered(messageId: string, recipient: string): Promise<void> {
    const [timeline] = await timelinesOf(api, messageId, isSettled);
    assert.ok(timeline);
    assert.equal(story(timeline), 'processed released delivered');
    const mail = await mailboxOf(client, recipient);
    assert.deepEqual(
      mail.map(({ recipient: to, answered }) => ({ to, answered })),
      [{ to: recipient, answered: true }],
    );
  }

  it("sent with SendGrid's client, only the base URL changed, is delivered", async () => {
    sendgrid.setApiKey(KEY);
    // After the key, which sets SendGrid's own address again.
    Reflect.get(sendgrid, 'client').setDefaultRequest('baseUrl', `${platform.url}/`);
    const [response] = await sendgrid.send({
      to: 'sendgrid@gmail.com',
      from: 'news@sender.example',
      subject: 'Hello',
      text: 'Sent with @sendgrid/mail.',
      html: '<p>Sent with <b>@sendgrid/mail</b>.</p>',
    });
    assert.equal(response.statusCode, 202);
    await assertDelivered(String(response.headers['x-message-id']), 'sendgrid@gmail.com');
  });

  it('sent with nodemailer over SMTP is delivered', async () => {
    const transport = createTransport({
      host: platform.smtpHost,
      port: platform.smtpPort,
      auth: { user: 'apikey', pass: KEY },
    });
    const { response } = await transport.sendMail({
      to: 'nodemailer@company.example',
      from: 'news@sender.example',
      subject: 'Grüße',
      text: 'Sent with nodemailer.\n.\nA dot on its own line stays.',
    });
    transport.close();
    const messageId = /^250 .*?([A-Za-z0-9_-]{10,64})\s*$/.exec(response)?.[1];
    assert.ok(messageId, response);
    await assertDelivered(messageId, 'nodemailer@company.example');
  });

  it('sent with the curl line that is printed is delivered', async () => {
    const { stdout } = await promisify(execFile)('sh', ['-c', platform.curl]);
    const messageId = /^x-message-id: (\S+)/im.exec(stdout)?.[1];
    assert.match(stdout, /^HTTP\/1\.1 202 /);
    assert.ok(messageId);
    await assertDelivered(messageId, 'ann@gmail.com');
  });

  it('is shown by the command line', async () => {
    const cli = new URL('../../../libs/cli/bin/penstock.mjs', import.meta.url).pathname;
    const env = { ...process.env, PENSTOCK_URL: platform.url, PENSTOCK_API_KEY: KEY };
    const penstock = (...args: string[]) => promisify(execFile)(process.execPath, [cli, ...args], { env });
    const sent = await penstock('send', '--to', 'cli@company.example', '--follow');
    assert.match(sent.stdout, /accepted as \S+[\s\S]* processed [\s\S]* delivered +250/);
    assert.match((await penstock('status')).stdout, /platform: ready[\s\S]*ip-1 /);
  });
});
