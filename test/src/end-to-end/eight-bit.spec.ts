import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { HttpClient, isSettled, PlatformApi, type Timeline } from '@penstock/cli';
import { RawSubmission } from '../fixtures/raw-submission.ts';
import { RecordingSink } from '../fixtures/recording-sink.ts';
import { timelinesOf } from './mail-watch.ts';
import { Platform } from './platform.ts';

const KEY = 'SG.key-of-the-8-bit-mail';
const TEXT = Buffer.from('Grüße aus Köln an alle, die nur sieben Bit verstehen.\r\n').toString('latin1');
const MIME = 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n';
const LONG_LINE = 'x'.repeat(5_000);

describe('8-bit mail for a host without 8BITMIME', () => {
  const sink = new RecordingSink({ sevenBit: true });
  let platform: Platform;
  let client: RawSubmission;

  before(async () => {
    const port = await sink.start();
    platform = await Platform.start({
      environment: { PENSTOCK_API_KEY: KEY, PENSTOCK_SMARTHOST: `127.0.0.1:${port}` },
    });
    client = await RawSubmission.open(platform.smtpPort, KEY);
  });
  after(async () => {
    client.close();
    await platform.stop();
    await sink.stop();
  });

  async function submit(recipient: string, content: string): Promise<Timeline> {
    const mail = { mailFrom: 'ann@sender.example', recipients: [recipient], content };
    const messageId = /queued as (\S+)/.exec(await client.send(mail))?.[1] ?? '';
    const api = new PlatformApi(new HttpClient({ url: platform.url, key: KEY }));
    const [timeline] = await timelinesOf(api, messageId, isSettled);
    assert.ok(timeline);
    return timeline;
  }

  it('arrives as 7-bit and means the same', async () => {
    const { status } = await submit('plain@receiver.example', `Subject: x\r\n${MIME}\r\n${TEXT}${LONG_LINE}\r\n`);
    assert.equal(status, 'delivered');
    const { content } = await sink.received('plain@receiver.example');
    assert.doesNotMatch(content, /[\x80-\xff]|[^\n]{1000}/);
    assert.match(content, /\r\nContent-Transfer-Encoding: quoted-printable\r\n/);
    const body = content.slice(content.indexOf('\r\n\r\n') + 4).replace(/=\r\n/g, '');
    const decoded = body.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    assert.equal(decoded, `${TEXT}${LONG_LINE}\r\n`);
  });

  it('bounces where it may not be changed, and nothing of it is sent', async () => {
    const signed = `DKIM-Signature: v=1; a=rsa-sha256\r\nSubject: x\r\n${MIME}\r\n${TEXT}`;
    const { status, facts } = await submit('signed@receiver.example', signed);
    assert.equal(status, 'bounced');
    assert.equal(facts.at(-1)?.reply?.enhanced, '5.6.3');
    assert.ok(sink.messages.every(({ recipients }) => !recipients.includes('signed@receiver.example')));
  });

  it('is refused at the door where a header line is too long for any host', async () => {
    await assert.rejects(
      submit('long@receiver.example', `X-Long: ${LONG_LINE}\r\n\r\ntext\r\n`),
      /554 5\.6\.0 A header line/,
    );
  });
});
