/** The real platform between a client that smuggles and a sink that may be fooled. */
import assert from 'node:assert/strict';
import { HttpClient } from '@penstock/cli';
import { Platform } from '../end-to-end/platform.ts';
import { leafParts } from '../fixtures/mime-parts.ts';
import { Postfix } from '../fixtures/postfix/postfix.ts';
import { RawSubmission } from '../fixtures/raw-submission.ts';
import { type RecordedMessage, RecordingSink, type RecordingSinkOptions } from '../fixtures/recording-sink.ts';
import { repaired } from './hostile-mail.ts';

const KEY = 'key-of-the-smuggler';
/** Far beyond what one message takes, so that a lost one is told. */
const ARRIVAL_LIMIT_MS = 30_000;

export interface RigOptions extends RecordingSinkOptions {
  /** A Postfix relays between Penstock and the sink. */
  readonly throughPostfix?: boolean;
}

export interface HttpMail {
  readonly text: string;
  readonly html?: string;
  readonly attachment?: Buffer;
}

export class SmugglingRig {
  private sent = 0;

  private constructor(
    private readonly sink: RecordingSink,
    private readonly postfix: Postfix | undefined,
    private readonly platform: Platform,
    private readonly submission: RawSubmission,
  ) {}

  static async start({ throughPostfix = false, ...sinkOptions }: RigOptions): Promise<SmugglingRig> {
    const undo: (() => Promise<unknown>)[] = [];
    try {
      const sink = new RecordingSink(sinkOptions);
      const sinkPort = await sink.start();
      undo.unshift(() => sink.stop());
      const postfix = throughPostfix ? await Postfix.start({ relay: sinkPort }) : undefined;
      undo.unshift(async () => postfix?.stop());
      const platform = await Platform.start({
        environment: { PENSTOCK_SMARTHOST: `127.0.0.1:${postfix?.port ?? sinkPort}`, PENSTOCK_API_KEY: KEY },
      });
      undo.unshift(() => platform.stop());
      return new SmugglingRig(sink, postfix, platform, await RawSubmission.open(platform.smtpPort, KEY));
    } catch (error) {
      for (const step of undo) await step();
      throw error;
    }
  }

  /** Ends everything, and sees that nothing arrived but what was sent. */
  async stop(): Promise<void> {
    this.submission.close();
    assert.equal(await this.platform.stop(), 0, this.platform.output.stderr);
    await this.postfix?.stop();
    await this.sink.stop();
    this.holdsOnlyWhatWasSent();
  }

  /** A body, and header lines before it, over SMTP. */
  async submit(fields: string, body: string, cuts: readonly number[]): Promise<void> {
    const recipient = this.nextRecipient();
    const header = `From: a@example.com\r\nSubject: ${recipient}\r\n${fields}`;
    await this.submission.send({
      mailFrom: 'a@example.com',
      recipients: [recipient],
      content: `${header}\r\n${body}`,
      cuts,
    });
    const content = asSubmitted((await this.arrived(recipient)).content);
    assert.deepEqual(nonEmptyLines(content, header), nonEmptyLines(`${repaired(header)}\r\n${repaired(body)}`, header));
    if (fields === '') assert.ok(content.endsWith(`\r\n\r\n${repaired(asSent(body))}`), 'the body is as it was');
    this.holdsOnlyWhatWasSent();
  }

  async post(mail: HttpMail): Promise<void> {
    const recipient = this.nextRecipient();
    await this.request(recipient, mail);
    const { content } = await this.arrived(recipient);
    const parts = leafParts(content);
    const found = (type: string) => parts.find(({ headers }) => headers.get('content-type')?.startsWith(type))?.bytes;
    assert.equal(found('text/plain')?.toString('utf8'), withLastLineEnded(repaired(mail.text)));
    if (mail.html !== undefined)
      assert.equal(found('text/html')?.toString('utf8'), withLastLineEnded(repaired(mail.html)));
    if (mail.attachment !== undefined) assert.deepEqual(found('application/octet-stream'), mail.attachment);
    this.holdsOnlyWhatWasSent();
  }

  /** What cannot stand in a header is refused, and nothing is sent. */
  async postHeader(value: string): Promise<void> {
    const recipient = this.nextRecipient();
    this.sent--;
    for (const fields of [{ subject: value }, { headers: { 'X-Text': value } }]) {
      await assert.rejects(this.request(recipient, { text: 'text' }, fields), /subject|header/i);
    }
    this.holdsOnlyWhatWasSent();
  }

  private async request(recipient: string, mail: HttpMail, fields: object = {}): Promise<void> {
    const { text, html, attachment } = mail;
    const client = new HttpClient({ url: this.platform.url, key: KEY });
    await client.post('/v3/mail/send', {
      personalizations: [{ to: [{ email: recipient }] }],
      from: { email: 'a@example.com' },
      subject: recipient,
      content: [
        { type: 'text/plain', value: text },
        ...(html === undefined ? [] : [{ type: 'text/html', value: html }]),
      ],
      ...(attachment && {
        attachments: [{ content: attachment.toString('base64'), filename: 'a', type: 'application/octet-stream' }],
      }),
      ...fields,
    });
  }

  private nextRecipient(): string {
    this.sent++;
    return `r${this.sent}@sink.example`;
  }

  private async arrived(recipient: string): Promise<RecordedMessage> {
    let overdue: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      overdue = setTimeout(() => reject(new Error(`nothing arrived for ${recipient}`)), ARRIVAL_LIMIT_MS);
    });
    try {
      return await Promise.race([this.sink.received(recipient), late]);
    } finally {
      clearTimeout(overdue);
    }
  }

  private holdsOnlyWhatWasSent(): void {
    assert.deepEqual(this.sink.junk, [], 'the sink took part of a message for commands');
    assert.equal(this.sink.messages.length, this.sent, 'the sink holds one message for each that was sent');
    const foreign = this.sink.messages.filter(({ recipients }) =>
      recipients.some((to) => !to.endsWith('@sink.example')),
    );
    assert.deepEqual(foreign, [], 'the sink holds a message that nobody sent');
  }
}

/** The CRLF before the final dot belongs to the message (RFC 5321 section 4.1.1.4). */
function asSent(body: string): string {
  return body === '' || body.endsWith('\r\n') ? body : `${body}\r\n`;
}

const ENCODING_FIELDS = /^(?:mime-version|content-type|content-transfer-encoding):.*\r\n/gim;

/** What Penstock makes 7-bit says so in fields of its own, since none of these mails has any: without them, and decoded. */
function asSubmitted(content: string): string {
  const [part] = leafParts(content);
  if (!part?.headers.has('content-transfer-encoding')) return content;
  const header = content.slice(0, content.indexOf('\r\n\r\n') + 2);
  return `${header.replace(ENCODING_FIELDS, '')}\r\n${part.bytes.toString('latin1')}`;
}

function withLastLineEnded(text: string): string {
  return text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`;
}

/** From the first of our own fields on: relays put theirs before it, and a blank line before what is no field. */
function nonEmptyLines(content: string, header: string): readonly string[] {
  const start = content.indexOf(header.slice(0, header.indexOf('\r\n')));
  return content
    .slice(start)
    .split('\r\n')
    .filter((line) => line !== '');
}
