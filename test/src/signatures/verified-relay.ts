/** The real platform, signing, and a real Postfix behind it: what leaves the one is verified behind the other. */
import { HttpClient } from '@penstock/cli';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { Platform } from '../end-to-end/platform.ts';
import { Postfix } from '../fixtures/postfix/postfix.ts';
import { RawSubmission } from '../fixtures/raw-submission.ts';
import { RecordingSink } from '../fixtures/recording-sink.ts';
import { HTTP_SHAPES, type ShapeContext, SMTP_SHAPES } from './mail-shapes.ts';

const KEY = 'key-of-the-signed-mail';
const DOMAIN = 'signed.example';
const ARRIVAL_LIMIT_MS = 60_000;
const AT_ONCE = 8;

export interface Verdict {
  /** Door and shape. */
  readonly shape: string;
  /** Undefined where both signatures pass. */
  readonly complaint: string | undefined;
}

export class VerifiedRelay {
  private constructor(
    private readonly sink: RecordingSink,
    private readonly postfix: Postfix,
    private readonly platform: Platform,
    private readonly client: HttpClient,
    /** TXT records by name. */
    private readonly published: ReadonlyMap<string, string>,
  ) {}

  static async start(): Promise<VerifiedRelay> {
    const undo: (() => Promise<unknown>)[] = [];
    try {
      const sink = new RecordingSink();
      const sinkPort = await sink.start();
      undo.unshift(() => sink.stop());
      const postfix = await Postfix.start({ relay: sinkPort });
      undo.unshift(() => postfix.stop());
      const platform = await Platform.start({
        environment: { PENSTOCK_SMARTHOST: `127.0.0.1:${postfix.port}`, PENSTOCK_API_KEY: KEY },
      });
      undo.unshift(() => platform.stop());
      const client = new HttpClient({ url: platform.url, key: KEY });
      return new VerifiedRelay(sink, postfix, platform, client, await addDomain(client));
    } catch (error) {
      for (const step of undo) await step();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.platform.stop();
    await this.postfix.stop();
    await this.sink.stop();
  }

  /** Sends that many mails, the shapes of both doors in turn, and answers what became of each. */
  async verify(mails: number): Promise<readonly Verdict[]> {
    const shapes = [
      ...Object.keys(HTTP_SHAPES).map((name) => ({ door: 'http' as const, name })),
      ...Object.keys(SMTP_SHAPES).map((name) => ({ door: 'smtp' as const, name })),
    ];
    const verdicts: Verdict[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      const submission = await RawSubmission.open(this.platform.smtpPort, KEY);
      for (let n = next++; n < mails; n = next++) {
        const shape = shapes[n % shapes.length];
        if (!shape) break;
        const context = { domain: DOMAIN, mark: `m${n}`, turn: Math.floor(n / shapes.length) };
        const recipient = `r${n}@sink.example`;
        if (shape.door === 'http') await this.post(shape.name, context, recipient);
        else await submit(submission, shape.name, context, recipient);
        verdicts.push({ shape: `${shape.door}: ${shape.name}`, complaint: await this.complaintAbout(recipient) });
      }
      submission.close();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return verdicts;
  }

  private async post(name: string, context: ShapeContext, recipient: string): Promise<void> {
    const { substitutions, ...body } = HTTP_SHAPES[name]?.(context) ?? {};
    const values = substitutions ? { substitutions: { '-name-': `Ann ${context.mark}`, '-text-': 'a\n.\nGrüße' } } : {};
    await this.client.post('/v3/mail/send', { ...body, personalizations: [{ to: [{ email: recipient }], ...values }] });
  }

  private async complaintAbout(recipient: string): Promise<string | undefined> {
    const message = await within(ARRIVAL_LIMIT_MS, recipient, this.sink.received(recipient));
    const { results } = await dkimVerify(Buffer.from(message.content, 'latin1'), {
      resolver: async (name: string) => [[this.published.get(name) ?? '']],
    });
    const passed = results.filter(({ status }) => status.result === 'pass');
    const algorithms = passed.map(({ algo }) => algo).sort();
    if (algorithms.join() === 'ed25519-sha256,rsa-sha256') return undefined;
    return (
      results.map(({ algo, status }) => `${algo} ${status.result} ${status.comment ?? ''}`).join('; ') || 'unsigned'
    );
  }
}

async function addDomain(client: HttpClient): Promise<ReadonlyMap<string, string>> {
  const { body } = await client.post('/v1/admin/domains', { domain: DOMAIN });
  const { records } = body as { records: { purpose: string; name: string; value: string }[] };
  return new Map(records.filter(({ purpose }) => purpose === 'dkim').map(({ name, value }) => [name, value]));
}

async function submit(client: RawSubmission, name: string, context: ShapeContext, recipient: string): Promise<void> {
  const content = SMTP_SHAPES[name]?.(context) ?? '';
  const smtpUtf8 = name === 'UTF-8 headers';
  await client.send({ mailFrom: `ann@${DOMAIN}`, recipients: [recipient], content, smtpUtf8 });
}

async function within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  let overdue: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    overdue = setTimeout(() => reject(new Error(`nothing arrived for ${what}`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(overdue);
  }
}
