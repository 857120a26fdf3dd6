import type { ApiKey, ApiKeyring } from '@penstock/access';
import { ADDRESS_PROBLEM_TEXTS, type Mailbox, UnfoldableHeaderError } from '@penstock/mail';
import type { Policy } from '@penstock/policy';
import type { Clock, Random, ReceivedContent, Telemetry } from '@penstock/ports';
import type { Acceptance } from '../acceptance/acceptance.ts';
import type { Admission } from '../acceptance/admission.ts';
import { newMessageId } from '../acceptance/message-id.ts';
import { judgeAuthors } from '../senders/message-authors.ts';
import type { SenderRules } from '../senders/sender-rules.ts';
import { ParsedAddresses } from './parsed-addresses.ts';
import { readSubmitted, type SubmittedMessage } from './submitted-message.ts';
import { TraceFields } from './trace-fields.ts';

export interface SubmissionDeps {
  readonly acceptance: Acceptance;
  readonly keys: ApiKeyring;
  /** Steady time, in which mail is held and expires. */
  readonly clock: Clock;
  /** Wall time, which people read. */
  readonly wallClock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly senders: SenderRules;
  readonly admission: Pick<Admission, 'full' | 'behind'>;
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
/** RFC 3463: delivery not authorized, message refused. */
const NOT_ALLOWED = '5.7.1';
/** RFC 3463: system not accepting network messages, for excessive load among others. */
const EXCESSIVE_LOAD = '4.3.2';
/** RFC 5321 section 6.3: at least 100 before a loop is assumed. */
const MAX_HOPS = 100;

function read(received: ReceivedContent): SubmittedMessage {
  try {
    return readSubmitted(received);
  } catch (error) {
    if (!(error instanceof UnfoldableHeaderError)) throw error;
    throw new SubmissionRefused(554, 'A header line is over 998 octets (RFC 5322) and has no space to fold it at');
  }
}

/** What SMTP submission means, apart from the protocol. Every method throws SubmissionRefused to refuse. */
export class Submission {
  private readonly addresses = new ParsedAddresses();
  private readonly trace: TraceFields;

  constructor(
    private readonly deps: SubmissionDeps,
    private readonly hostname: string,
  ) {
    this.trace = new TraceFields(hostname);
  }

  authenticate(user: string, password: string): ApiKey {
    const key = user === USER ? this.deps.keys.find(password) : undefined;
    if (!key && !this.deps.keys.knowsAll()) throw new SubmissionRefused(454, 'Not all keys are known yet, try again');
    if (!key?.scopes.has('mail')) throw new SubmissionRefused(535, 'Authentication failed');
    return key;
  }

  checkSender(key: ApiKey, address: string, smtpUtf8: boolean): void {
    const { admission } = this.deps;
    if (admission.full() !== undefined) {
      throw new SubmissionRefused(452, 'Insufficient system storage, try again later');
    }
    const behind = admission.behind(key.class);
    if (behind) throw new SubmissionRefused(451, behind.text, EXCESSIVE_LOAD);
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
    const message = read(received);
    if (message.hops > MAX_HOPS) throw new SubmissionRefused(554, 'Too many hops, the message is looping');
    if (message.hasSmtpApi) {
      throw new SubmissionRefused(554, 'The X-SMTPAPI header is not supported yet, use POST /v3/mail/send instead');
    }
    const returnPath = this.returnPath(envelope.key, message);
    const acceptedAt = this.deps.clock.now();
    const messageId = newMessageId(this.deps.random, acceptedAt);
    const { tenant } = envelope.key;
    const submission = {
      messageId,
      tenant,
      class: envelope.key.class,
      pool: policy.defaultPool,
      acceptedAt,
      ...this.addressed(envelope, message, messageId, acceptedAt, returnPath !== undefined),
      ...(returnPath === undefined ? {} : { returnPath }),
    };
    try {
      await this.deps.acceptance.accept({ ...submission, protocol: 'smtp', body: message.bytes });
    } catch (error) {
      this.deps.telemetry.log('error', 'acceptance_failed', { protocol: 'smtp', error: String(error) });
      throw new SubmissionRefused(451, 'The message could not be stored, try again later');
    }
    return messageId;
  }

  /** The key is asked for again: it may have been revoked since the session began. */
  private returnPath(key: ApiKey, message: SubmittedMessage): string | undefined {
    if (!this.deps.keys.stillHolds(key)) throw new SubmissionRefused(550, 'The API key was revoked', NOT_ALLOWED);
    const { tenant } = key;
    const { senders } = this.deps;
    if (!senders.concern(tenant)) return undefined;
    const authors = { from: message.fieldValues('from'), sender: message.fieldValues('sender') };
    const verdict = judgeAuthors(senders, tenant, authors);
    if (verdict.ok) return verdict.returnPath;
    throw new SubmissionRefused(550, `The ${verdict.field} field ${verdict.message}`, NOT_ALLOWED);
  }

  private addressed(
    envelope: SubmittedEnvelope,
    message: SubmittedMessage,
    messageId: string,
    acceptedAt: number,
    replacesSender: boolean,
  ) {
    const sender = envelope.mailFrom === '' ? undefined : this.parse(envelope.mailFrom, true, 'Sender address');
    const senderUtf8 = !replacesSender && (sender?.smtpUtf8 ?? false);
    const now = this.deps.wallClock.now();
    const received = this.trace.received(now, envelope.protocol, messageId);
    const copies = envelope.recipients.map((recipient) => {
      const mailbox = this.parse(recipient, true, 'Recipient address');
      return {
        mailbox,
        mailFrom: sender?.address ?? '',
        sendAt: acceptedAt,
        eightBit: message.eightBit,
        smtpUtf8: mailbox.smtpUtf8 || senderUtf8 || (envelope.smtpUtf8 && message.eightBitHeaders),
        head: '',
        sharesHead: false,
        ownMessageId: message.hasMessageId,
      };
    });
    const head = message.hasDate ? received : received + this.trace.date(now);
    return { head, messageIdDomain: sender?.domain ?? this.hostname, copies };
  }

  private parse(address: string, smtpUtf8: boolean, what: string): Mailbox {
    const parsed = this.addresses.parse(address);
    if (!parsed.ok) throw new SubmissionRefused(553, `${what} ${ADDRESS_PROBLEM_TEXTS[parsed.problem]}`);
    if (parsed.mailbox.smtpUtf8 && !smtpUtf8) throw new SubmissionRefused(553, `${what} needs SMTPUTF8`);
    return parsed.mailbox;
  }
}
