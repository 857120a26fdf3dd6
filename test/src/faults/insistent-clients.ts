/** Applications that hand mail over and try again until it is acknowledged, however often the platform dies. */
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Where a platform takes mail. */
export interface Doors {
  readonly url: string;
  readonly smtpHost: string;
  readonly smtpPort: number;
}

export interface ClientsOptions {
  /** How many there are, if nobody says `finish` before. */
  readonly messages: number;
  readonly sessions: number;
  readonly apiKey: string;
  /** The platform as it lives now; waits for it while it is down. */
  platform(): Promise<Doors>;
}

const TRY_AGAIN_MS = 20;
/** Recipients of one submission over HTTP. */
const HTTP_RECIPIENTS = 5;
/** Every so many messages one submission goes over HTTP. */
const HTTP_EVERY = 10;

/** Each try has an address of its own, so that a receiver's copies tell which acceptance they come from. */
export class InsistentClients {
  readonly acknowledged = new Set<string>();
  /** Answers that acknowledged nothing, and how often they were heard. */
  readonly refusals = new Map<string, number>();
  private next = 0;
  private limit: number;
  private readonly waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(private readonly options: ClientsOptions) {
    this.limit = options.messages;
  }

  /** Begins no other message; `run` resolves when those that are begun are acknowledged. */
  finish(): void {
    this.limit = this.next;
  }

  /** Resolves when every message is acknowledged. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.options.sessions }, () => this.session()));
  }

  /** Resolves when so many recipients are acknowledged. */
  reached(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push({ count, resolve });
      this.wake();
    });
  }

  private async session(): Promise<void> {
    let session: SmtpSession | undefined;
    for (let n = this.next++; n < this.limit; n = this.next++) {
      for (let attempt = 1; ; attempt++) {
        const platform = await this.options.platform();
        try {
          if (n % HTTP_EVERY === 0) {
            await this.overHttp(platform, n, attempt);
          } else {
            session = session?.usable ? session : await SmtpSession.open(platform, this.options.apiKey);
            const address = addressOf(`${n}.${attempt}`, n);
            await session.send(address);
            this.acknowledge([address]);
          }
          break;
        } catch (error) {
          if (!(error instanceof NotAcknowledgedError)) throw error;
          this.refusals.set(error.message, (this.refusals.get(error.message) ?? 0) + 1);
          await wait(TRY_AGAIN_MS);
        }
      }
    }
    session?.end();
  }

  private async overHttp(platform: Doors, n: number, attempt: number): Promise<void> {
    const addresses = Array.from({ length: HTTP_RECIPIENTS }, (_, i) => addressOf(`${n}.${attempt}.${i}`, n + i));
    const body = {
      personalizations: addresses.map((email) => ({ to: [{ email }] })),
      from: { email: 'sigkill@sender.example' },
      subject: 'Still here',
      content: [{ type: 'text/plain', value: 'Sent until acknowledged.' }],
    };
    const response = await fetch(`${platform.url}/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.options.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).catch((error: unknown) => {
      throw new NotAcknowledgedError(String(error));
    });
    if (response.status === 400) throw new Error(`refused: ${await response.text()}`);
    if (response.status !== 202)
      throw new NotAcknowledgedError(`${response.status}, retry after ${response.headers.get('retry-after')}`);
    this.acknowledge(addresses);
  }

  private acknowledge(addresses: readonly string[]): void {
    for (const address of addresses) this.acknowledged.add(address);
    this.wake();
  }

  private wake(): void {
    for (const { count, resolve } of this.waiting) if (this.acknowledged.size >= count) resolve();
  }
}

function addressOf(local: string, n: number): string {
  return `r${local}@d${n % 20}.example`;
}

/** The platform died, or said not now: nobody knows whether it has the mail, so it is sent again. */
class NotAcknowledgedError extends Error {
  override readonly name = 'NotAcknowledgedError';
}

/** One authenticated connection; dies with the platform. */
class SmtpSession {
  usable = true;
  private text = '';
  private readonly waiting: { readonly resolve: (reply: string) => void; readonly reject: (e: Error) => void }[] = [];

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => this.feed(text));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.closed());
  }

  static async open({ smtpHost, smtpPort }: Doors, apiKey: string): Promise<SmtpSession> {
    const session = new SmtpSession(connect({ host: smtpHost, port: smtpPort, noDelay: true }));
    await session.expect('220');
    await session.command('EHLO client.example', '250');
    await session.command(`AUTH PLAIN ${Buffer.from(`\0apikey\0${apiKey}`).toString('base64')}`, '235');
    return session;
  }

  async send(recipient: string): Promise<void> {
    this.socket.write(`MAIL FROM:<sigkill@sender.example>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n`);
    await Promise.all([this.expect('250'), this.expect('250'), this.expect('354')]);
    await this.command(
      `From: sigkill@sender.example\r\nTo: ${recipient}\r\nSubject: Still here\r\n\r\nHello.\r\n.`,
      '250',
    );
  }

  end(): void {
    this.socket.end('QUIT\r\n');
  }

  private async command(text: string, code: string): Promise<void> {
    this.socket.write(`${text}\r\n`);
    await this.expect(code);
  }

  private async expect(code: string): Promise<void> {
    const reply = await new Promise<string>((resolve, reject) => {
      if (!this.usable) return reject(new NotAcknowledgedError('the connection is closed'));
      this.waiting.push({ resolve, reject });
      this.drain();
    });
    if (reply.startsWith(code)) return;
    this.socket.destroy();
    if (reply.startsWith('5')) throw new Error(`expected ${code}, got ${reply.trim()}`);
    throw new NotAcknowledgedError(reply.trim());
  }

  private feed(text: string): void {
    this.text += text;
    this.drain();
  }

  private drain(): void {
    while (this.waiting.length > 0) {
      const reply = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\r\n/.exec(this.text)?.[0];
      if (reply === undefined) return;
      this.text = this.text.slice(reply.length);
      this.waiting.shift()?.resolve(reply);
    }
  }

  private closed(): void {
    this.usable = false;
    for (const { reject } of this.waiting.splice(0)) reject(new NotAcknowledgedError('the connection was lost'));
  }
}
