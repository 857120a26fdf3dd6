/** Mail at a steady trickle over HTTP and SMTP; what was accepted is remembered, what was refused is tried again. */
import { createTransport, type Transporter } from 'nodemailer';

const AT_ONCE = 10;
const PAUSE_MS = 50;
/** A restart of ingest takes seconds. */
const REFUSED_PAUSE_MS = 250;
const SMTP_ID = /queued as (\S+)/i;

export interface LoadOptions {
  readonly url: string;
  readonly smtpPort: number;
  readonly key: string;
  /** What the n-th mail is; plain mail to the healthy provider where it is not given. */
  readonly mail?: (index: number) => LoadMail;
  /** Told of each recipient as soon as the answer is there. */
  readonly onAccepted?: (recipient: string) => void;
}

export interface LoadMail {
  readonly recipient: string;
  /** Seconds since the epoch; such mail goes over HTTP. */
  readonly sendAt?: number;
}

export class Load {
  /** Message ids that were answered with 202 or 250, and whom each was for. */
  readonly accepted = new Map<string, string>();
  refused = 0;
  private begun = 0;
  private sending: Promise<void> | undefined;
  private stopped = false;
  private readonly smtp: Transporter;

  constructor(private readonly options: LoadOptions) {
    const auth = { user: 'apikey', pass: options.key };
    this.smtp = createTransport({ host: '127.0.0.1', port: options.smtpPort, auth, pool: true, maxConnections: 2 });
  }

  /** Sends so many, every second one over SMTP. */
  async send(count: number): Promise<void> {
    for (let sent = 0; sent < count; sent += AT_ONCE) {
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - sent) }, () => this.sendOne()));
    }
  }

  begin(): void {
    this.stopped = false;
    this.sending = this.trickle();
  }

  async end(): Promise<void> {
    this.stopped = true;
    await this.sending;
  }

  close(): void {
    this.smtp.close();
  }

  private async trickle(): Promise<void> {
    while (!this.stopped) {
      const before = this.refused;
      await this.sendOne();
      await new Promise((resolve) => setTimeout(resolve, this.refused > before ? REFUSED_PAUSE_MS : PAUSE_MS));
    }
  }

  private async sendOne(): Promise<void> {
    const index = this.begun++;
    const mail = this.options.mail?.(index) ?? { recipient: `mail-${index}@apart.example` };
    const overHttp = index % 2 === 0 || mail.sendAt !== undefined;
    try {
      const id = await (overHttp ? this.overHttp(mail) : this.overSmtp(mail));
      this.accepted.set(id, mail.recipient);
      this.options.onAccepted?.(mail.recipient);
    } catch {
      this.refused++;
    }
  }

  private async overHttp({ recipient, sendAt }: LoadMail): Promise<string> {
    const response = await fetch(`${this.options.url}/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.options.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        personalizations: [{ to: [{ email: recipient }] }],
        ...(sendAt !== undefined && { send_at: sendAt }),
        from: { email: 'news@sender.example' },
        subject: 'Apart',
        content: [{ type: 'text/plain', value: `For ${recipient}.` }],
      }),
    });
    await response.arrayBuffer();
    const id = response.headers.get('x-message-id');
    if (response.status !== 202 || id === null) throw new Error(`${response.status}`);
    return id;
  }

  private async overSmtp({ recipient }: LoadMail): Promise<string> {
    const { response } = await this.smtp.sendMail({
      to: recipient,
      from: 'news@sender.example',
      subject: 'Apart',
      text: `For ${recipient}.`,
    });
    const [, id] = SMTP_ID.exec(String(response)) ?? [];
    if (id === undefined) throw new Error(String(response));
    return id;
  }
}
