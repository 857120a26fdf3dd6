import type { ApiKey, ApiKeyring } from '@penstock/access';
import {
  ADDRESS_PROBLEM_TEXTS,
  formatDate,
  type Mailbox,
  messageIdHeader,
  parseMailbox,
  rawHeader,
} from '@penstock/mail';
import type { Policy } from '@penstock/policy';
import type { Clock, Random, ReceivedContent, Telemetry } from '@penstock/ports';
import type { Acceptance } from '../acceptance/acceptance.ts';
import { newMessageId } from '../acceptance/message-id.ts';
import { readSubmitted, type SubmittedMessage } from './submitted-message.ts';

export interface SubmissionDeps {
  readonly acceptance: Acceptance;
  readonly keys: ApiKeyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Undefined while nobody may decide. */
  policy(): Policy | undefined;
}

/** What the SMTP server is to answer when it is not 2xx. */
export class SubmissionRefused extends Error {
  override readonly name = 'SubmissionRefused';
  readonly code: number;
  /** Enhanced status code (RFC 3463) where it is not the usual one of the code. */
  readonly status: string | undefined;

  constructor(code: number, text: string, status?: string) {
    super(text);
    this.code = code;
    this.status = status;
  }
}

export interface SubmittedEnvelope {
  readonly key: ApiKey;
  /** As the client gave it; empty for a null sender. */
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  /** The client said SMTPUTF8. */
  readonly smtpUtf8: boolean;
  /** For the Received field, such as `ESMTPA` (RFC 3848). */
  readonly protocol: string;
}

/** User name of everybody, as at SendGrid; the password is the key. */
const USER = 'apikey';
/** RFC 5321 section 6.3: at least 100 before a loop is assumed. */
const MAX_HOPS = 100;

/** What SMTP submission means, apart from the protocol. Every method throws SubmissionRefused to refuse. */
export class Submission {
  constructor(
    private readonly deps: SubmissionDeps,
    private readonly hostname: string,
  ) {}

  authenticate(user: string, password: string): ApiKey {
    const key = user === USER ? this.deps.keys.find(password) : undefined;
    if (!key?.scopes.has('mail')) throw new SubmissionRefused(535, 'Authentication failed');
    return key;
  }

  checkSender(address: string, smtpUtf8: boolean): void {
    if (!this.deps.policy()) throw new SubmissionRefused(451, 'Not ready to accept mail, try again later');
    if (address !== '') this.parse(address, smtpUtf8, 'Sender address');
  }

  checkRecipient(address: string, smtpUtf8: boolean): void {
    this.parse(address, smtpUtf8, 'Recipient address');
  }

  /** Resolves with the message id once the message is durable for all of its recipients. */
  async submit(envelope: SubmittedEnvelope, received: ReceivedContent): Promise<string> {
    const policy = this.deps.policy();
    if (!policy) throw new SubmissionRefused(451, 'Not ready to accept mail, try again later');
    const message = readSubmitted(received);
    if (message.hops > MAX_HOPS) throw new SubmissionRefused(554, 'Too many hops, the message is looping');
    if (message.hasSmtpApi) {
      throw new SubmissionRefused(554, 'The X-SMTPAPI header is not supported yet, use POST /v3/mail/send instead');
    }
    const acceptedAt = this.deps.clock.now();
    const messageId = newMessageId(this.deps.random, acceptedAt);
    const copies = this.copies(envelope, message, messageId, acceptedAt);
    const { tenant } = envelope.key;
    const submission = { messageId, tenant, class: envelope.key.class, pool: policy.defaultPool, acceptedAt, copies };
    try {
      await this.deps.acceptance.accept({ ...submission, protocol: 'smtp', body: message.bytes });
    } catch (error) {
      this.deps.telemetry.log('error', 'acceptance_failed', { protocol: 'smtp', error: String(error) });
      throw new SubmissionRefused(451, 'The message could not be stored, try again later');
    }
    return messageId;
  }

  private copies(envelope: SubmittedEnvelope, message: SubmittedMessage, messageId: string, acceptedAt: number) {
    const sender = envelope.mailFrom === '' ? undefined : this.parse(envelope.mailFrom, true, 'Sender address');
    const domain = sender?.domain ?? this.hostname;
    const date = formatDate(acceptedAt);
    // Says neither from which address nor under which name the client came: that is nobody's business outside.
    const trace = rawHeader('Received', `by ${this.hostname} with ${envelope.protocol} id ${messageId}; ${date}`);
    const shared = message.hasDate ? trace : trace + rawHeader('Date', date);
    return envelope.recipients.map((recipient) => {
      const mailbox = this.parse(recipient, true, 'Recipient address');
      return {
        mailbox,
        mailFrom: sender?.address ?? '',
        sendAt: acceptedAt,
        eightBit: message.eightBit,
        smtpUtf8: mailbox.smtpUtf8 || (sender?.smtpUtf8 ?? false) || (envelope.smtpUtf8 && message.eightBitHeaders),
        head: (deliveryId: string) => (message.hasMessageId ? shared : shared + messageIdHeader(deliveryId, domain)),
      };
    });
  }

  private parse(address: string, smtpUtf8: boolean, what: string): Mailbox {
    const parsed = parseMailbox(address);
    if (!parsed.ok) throw new SubmissionRefused(553, `${what} ${ADDRESS_PROBLEM_TEXTS[parsed.problem]}`);
    if (parsed.mailbox.smtpUtf8 && !smtpUtf8) throw new SubmissionRefused(553, `${what} needs SMTPUTF8`);
    return parsed.mailbox;
  }
}
