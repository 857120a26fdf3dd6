import type { ApiKey } from '@penstock/access';
import type { Telemetry, Timers } from '@penstock/ports';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Admission } from '../acceptance/admission.ts';
import { type Submission, SubmissionRefused } from './submission.ts';
import { concatenated } from './submitted-message.ts';

export interface SubmissionSettings {
  /** Address to listen on. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Name in the greeting and in Received fields. */
  readonly hostname: string;
  /**
   * Takes keys without TLS from clients that are not on loopback. STARTTLS is not offered yet, so without this only
   * loopback clients are served.
   */
  readonly allowPlaintext?: boolean;
}

/** As SendGrid: 30 MB, decimal, so that what fits here fits the HTTP door. */
export const MAX_MESSAGE_BYTES = 30_000_000;
const MAX_RECIPIENTS = 1000;
const MAX_CONNECTIONS = 1000;
/** RFC 5321 section 4.5.3.2.7: a server waits at least five minutes for the next command. */
const IDLE_TIMEOUT_MS = 300_000;
const MAX_AUTH_FAILURES = 3;
/** On stop, transactions in the middle of DATA get this long to end. */
const STOP_GRACE_MS = 5_000;

type Done = (error?: Error | null, message?: string) => void;

/** The SMTP protocol of submission (RFC 6409): AUTH PLAIN and LOGIN, PIPELINING, SIZE, 8BITMIME, SMTPUTF8. */
export class SubmissionServer {
  private readonly server: SMTPServer;
  private readonly transactions = new Set<Promise<void>>();
  private readonly authFailures = new WeakMap<SMTPServerSession, number>();

  constructor(
    private readonly submission: Submission,
    private readonly admission: Admission,
    private readonly settings: SubmissionSettings,
    private readonly timers: Timers,
    private readonly telemetry: Telemetry,
  ) {
    this.server = new SMTPServer({
      name: settings.hostname,
      banner: 'Penstock',
      size: MAX_MESSAGE_BYTES,
      rejectOversized: true,
      maxRecipients: MAX_RECIPIENTS,
      maxClients: MAX_CONNECTIONS,
      socketTimeout: IDLE_TIMEOUT_MS,
      authMethods: ['PLAIN', 'LOGIN'],
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS', 'WIZ', 'SHELL', 'KILL', 'XCLIENT', 'XFORWARD'],
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      noDelay: true,
      onConnect: (session, done) => this.onConnect(session, done),
      onAuth: (auth, session, done) => this.onAuth(auth.username ?? '', auth.password ?? '', session, done),
      onMailFrom: ({ address, args }, session, done) =>
        answered(done, () => {
          refuseUnknown(args, MAIL_PARAMETERS);
          this.submission.checkSender(address, saysUtf8(session));
        }),
      onRcptTo: ({ address, args }, session, done) =>
        answered(done, () => {
          refuseUnknown(args, RCPT_PARAMETERS);
          this.submission.checkRecipient(address, saysUtf8(session));
        }),
      onData: (stream, session, done) => this.onData(stream, session, done),
    });
    // A connection that fails is its client's trouble; without a listener it would end the process.
    this.server.on('error', (error) =>
      this.telemetry.log('debug', 'submission_connection_failed', { code: codeOf(error) }),
    );
  }

  /** The bound port. Rejects if the address cannot be bound. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      const { server } = this.server;
      server.once('error', reject);
      this.server.listen(this.settings.port, this.settings.host, () => {
        server.off('error', reject);
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : this.settings.port);
      });
    });
  }

  /** Takes no new connection or transaction; resolves when what was begun is answered and every socket is closed. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(resolve));
    const grace = this.timers.after(STOP_GRACE_MS, () => this.hangUp());
    await Promise.allSettled(this.transactions);
    grace.cancel();
    this.hangUp();
    await closed;
  }

  private hangUp(): void {
    for (const connection of this.server.connections) connection.send(421, 'Service is stopping');
  }

  private onConnect(session: SMTPServerSession, done: Done): void {
    if (this.settings.allowPlaintext || isLoopback(session.remoteAddress)) done();
    else done(smtpError(554, 'Encryption is needed and not offered yet'));
  }

  private onAuth(
    user: string,
    password: string,
    session: SMTPServerSession,
    done: (error: Error | null, response?: { user: ApiKey }) => void,
  ): void {
    try {
      done(null, { user: this.submission.authenticate(user, password) });
    } catch (error) {
      const failures = (this.authFailures.get(session) ?? 0) + 1;
      this.authFailures.set(session, failures);
      // Nobody guesses keys on one connection.
      done(failures >= MAX_AUTH_FAILURES ? smtpError(421, 'Too many failed authentications') : toSmtpError(error));
    }
  }

  private onData(stream: SMTPServerDataStream, session: SMTPServerSession, done: Done): void {
    const transaction = this.receive(stream, session).then(
      (messageId) => done(null, `Ok: queued as ${messageId}`),
      (error: unknown) => done(toSmtpError(error)),
    );
    this.transactions.add(transaction);
    void transaction.finally(() => this.transactions.delete(transaction));
  }

  private async receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> {
    const incoming = new IncomingMessage(stream, this.admission);
    try {
      const received = await incoming.bytes();
      const { mailFrom, rcptTo } = session.envelope;
      return await this.submission.submit(
        {
          key: session.user as ApiKey,
          mailFrom: mailFrom === false ? '' : mailFrom.address,
          recipients: rcptTo.map(({ address }) => address),
          smtpUtf8: saysUtf8(session),
          protocol: session.transmissionType,
        },
        received,
      );
    } finally {
      incoming.release();
    }
  }
}

/** Collects a message within the limits. What is too much is read to its end and thrown away, so that the reply can be read. */
class IncomingMessage {
  private readonly chunks: Uint8Array[] = [];
  private reserved = 0;
  private refusal: SubmissionRefused | undefined;

  constructor(
    private readonly stream: SMTPServerDataStream,
    private readonly admission: Admission,
  ) {}

  bytes(): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.stream.on('data', (chunk: Uint8Array) => this.take(chunk));
      this.stream.once('end', () => {
        if (this.refusal) reject(this.refusal);
        else resolve(concatenated(this.chunks));
      });
      // The client went away in the middle: nobody hears the answer.
      this.stream.once('error', reject);
      this.stream.once('close', () => {
        // Streams close after their end, too: no error is made for a message that is whole.
        if (!this.stream.readableEnded) reject(new SubmissionRefused(451, 'The message was cut off'));
      });
    });
  }

  release(): void {
    this.admission.release(this.reserved);
    this.reserved = 0;
    this.chunks.length = 0;
  }

  private take(chunk: Uint8Array): void {
    if (this.refusal) return;
    if (this.stream.sizeExceeded) this.refuse(552, 'The message is too large');
    else if (!this.admission.reserve(chunk.length)) this.refuse(451, 'Too much mail at once, try again later');
    else {
      this.reserved += chunk.length;
      this.chunks.push(chunk);
    }
  }

  private refuse(code: number, text: string): void {
    this.refusal = new SubmissionRefused(code, text);
    this.release();
  }
}

/** Of the extensions offered: SIZE, 8BITMIME, SMTPUTF8 and AUTH (RFC 4954 section 5). None of them adds one to RCPT. */
const MAIL_PARAMETERS: readonly string[] = ['SIZE', 'BODY', 'SMTPUTF8', 'AUTH'];
const RCPT_PARAMETERS: readonly string[] = [];

/** RFC 5321 section 4.1.1.11: a parameter that means nothing here is refused, so that nobody relies on it. */
function refuseUnknown(parameters: object | false, known: readonly string[]): void {
  const unknown = Object.keys(parameters || {}).some((name) => !known.includes(name.toUpperCase()));
  if (unknown) throw new SubmissionRefused(555, 'A parameter of this command is not supported');
}

function answered(done: Done, check: () => void): void {
  try {
    check();
  } catch (error) {
    done(toSmtpError(error));
    return;
  }
  done();
}

function saysUtf8(session: SMTPServerSession): boolean {
  return session.envelope.smtpUtf8 === true;
}

function toSmtpError(error: unknown): Error {
  // What is no refusal is our own fault: the client may try again and learns nothing of it.
  return error instanceof SubmissionRefused
    ? smtpError(error.code, error.message)
    : smtpError(451, 'Internal error, try again later');
}

function smtpError(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
