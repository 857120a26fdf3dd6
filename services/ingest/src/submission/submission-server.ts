import type { ApiKey } from '@penstock/access';
import type {
  DoorListener,
  OpenDoor,
  ReceivedContent,
  ReceivedEnvelope,
  SmtpAnswer,
  SubmissionDoor,
  SubmissionHandlers,
} from '@penstock/ports';
import type { Admission } from '../acceptance/admission.ts';
import { type Submission, SubmissionRefused } from './submission.ts';

export interface SubmissionSettings {
  readonly door: SubmissionDoor;
  /** Address to listen on. */
  readonly host: string;
  /** Port where TLS is the client's choice (STARTTLS); 0 for any free one. */
  readonly port: number;
  /** Port where TLS comes first (RFC 8314); there is none where this is absent. */
  readonly implicitTlsPort?: number | undefined;
  /** Name in the greeting and in Received fields. */
  readonly hostname: string;
  /** Takes keys without TLS from clients that are not on loopback, too. */
  readonly allowPlaintext?: boolean;
}

/** As SendGrid: 30 MB, decimal, so that what fits here fits the HTTP door. */
export const MAX_MESSAGE_BYTES = 30_000_000;
const MAX_RECIPIENTS = 1000;

export interface SubmissionPorts {
  readonly port: number | undefined;
  readonly implicitTlsPort: number | undefined;
}

/** Puts what SMTP submission means behind the door that speaks it. */
export class SubmissionServer {
  private open: OpenDoor | undefined;

  constructor(
    private readonly submission: Submission,
    private readonly admission: Admission,
    private readonly settings: SubmissionSettings,
  ) {}

  /** The bound ports. Rejects if an address cannot be bound. */
  async listen(): Promise<SubmissionPorts> {
    const { door, host, port, implicitTlsPort, hostname, allowPlaintext = false } = this.settings;
    const listeners: DoorListener[] = [{ host, port, tls: 'starttls' }];
    if (implicitTlsPort !== undefined) listeners.push({ host, port: implicitTlsPort, tls: 'implicit' });
    const limits = { maxMessageBytes: MAX_MESSAGE_BYTES, maxRecipients: MAX_RECIPIENTS };
    this.open = await door.open({ listeners, hostname, allowPlaintext, ...limits }, this.handlers());
    const [bound, boundImplicit] = this.open.ports;
    return { port: bound, implicitTlsPort: boundImplicit };
  }

  /** Takes no new connection or transaction; resolves when what was begun is answered and every socket is closed. */
  async close(): Promise<void> {
    await this.open?.close();
  }

  private handlers(): SubmissionHandlers<ApiKey> {
    const { submission, admission } = this;
    return {
      authenticate: (user, password) => granted(() => submission.authenticate(user, password)),
      refuseSender: (key, address, smtpUtf8) => refusalOf(() => submission.checkSender(key, address, smtpUtf8)),
      refuseRecipient: (_key, address, smtpUtf8) => refusalOf(() => submission.checkRecipient(address, smtpUtf8)),
      message: (envelope, content) => this.receive(envelope, content),
      reserve: (bytes) => admission.reserve(bytes),
      release: (bytes) => admission.release(bytes),
    };
  }

  private async receive(envelope: ReceivedEnvelope<ApiKey>, content: ReceivedContent): Promise<SmtpAnswer> {
    const { grant: key, mailFrom, recipients, smtpUtf8, protocol } = envelope;
    try {
      const id = await this.submission.submit({ key, mailFrom, recipients, smtpUtf8, protocol }, content);
      return { code: 250, enhanced: '2.6.0', text: `Ok: queued as ${id}` };
    } catch (error) {
      return answerTo(error);
    }
  }
}

function granted(authenticate: () => ApiKey): { readonly grant: ApiKey } | SmtpAnswer {
  try {
    return { grant: authenticate() };
  } catch (error) {
    return answerTo(error);
  }
}

function refusalOf(check: () => void): SmtpAnswer | undefined {
  try {
    check();
  } catch (error) {
    return answerTo(error);
  }
  return undefined;
}

/** RFC 3463, by code: what the refusals of submission are about. */
const ENHANCED: Readonly<Record<number, string>> = {
  451: '4.3.0',
  452: '4.3.1',
  454: '4.7.0',
  535: '5.7.8',
  550: '5.7.1',
  552: '5.3.4',
  553: '5.1.3',
  554: '5.6.0',
};

function answerTo(error: unknown): SmtpAnswer {
  // What is no refusal is our own fault: the client may try again and learns nothing of it.
  if (!(error instanceof SubmissionRefused)) {
    return { code: 451, enhanced: '4.3.0', text: 'Internal error, try again later' };
  }
  const { code, message, status } = error;
  return { code, enhanced: status ?? ENHANCED[code] ?? `${Math.floor(code / 100)}.0.0`, text: message };
}
