import type { Phase, SmtpReply } from '@penstock/events';

/** Opens SMTP sessions. Knows the conversation, not when to hold it. */
export interface MailTransport {
  /**
   * Connects, greets, and upgrades to TLS where offered and wanted. Rejects with TransportError, whose phase is
   * connect, banner, ehlo or starttls; the socket is closed then.
   */
  connect(target: ConnectTarget): Promise<MailSession>;
}

export interface ConnectTarget {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Local address to bind; the system's choice if absent. */
  readonly bind?: string;
  readonly ehlo: string;
  readonly tls: TlsMode;
  readonly timeouts: SmtpTimeouts;
  /** Nobody wants the session any more: what is open is closed at once, and a connect under way rejects. */
  readonly signal?: AbortSignal;
}

/** KumoMTA's `enable_tls` values that are supported. */
export type TlsMode = 'Opportunistic' | 'OpportunisticInsecure' | 'Required' | 'RequiredInsecure' | 'Disabled';

/** Milliseconds. */
export interface SmtpTimeouts {
  readonly connectMs: number;
  readonly bannerMs: number;
  readonly commandMs: number;
  readonly dataMs: number;
  readonly finalDotMs: number;
}

export interface SessionFacts {
  /** Upper-case EHLO keywords with their parameters. */
  readonly extensions: ReadonlyMap<string, string>;
  /** TLS protocol, absent in plain text. */
  readonly tls?: string;
  /** Bytes, if the host named a limit (RFC 1870). */
  readonly maxSize?: number;
}

export interface MailSession {
  readonly facts: SessionFacts;
  /** False once the peer closed, a 421 arrived or `close` began: no transaction may start. */
  readonly usable: boolean;
  /** Resolves when the socket is closed, whoever closed it. */
  readonly closed: Promise<void>;
  /**
   * Whether transactions may be handed over while one is under way, to follow it. Where the host takes PIPELINING the
   * envelope of the next one leaves with the content of the one before, in the same packets (RFC 2920).
   */
  readonly takesFollowers: boolean;
  /** Whether a transaction that says `mayLeaveWhole` can do so: the host takes CHUNKING and PIPELINING. */
  readonly takesWhole: boolean;
  /**
   * One transaction at a time, and where `takesFollowers` others to follow it in their order. Never rejects for what
   * the peer does: that is the result.
   */
  send(transaction: MailTransaction): Promise<TransactionResult>;
  /** QUIT, then close; resolves when the socket is closed. */
  quit(): Promise<void>;
  /** Closes at once. */
  abort(): void;
}

export interface MailTransaction {
  /** Empty for a null sender. */
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  /** The message in CRLF lines, without dot-stuffing and without the final dot; pieces are sent in order. */
  readonly content: readonly Uint8Array[];
  readonly eightBit: boolean;
  readonly smtpUtf8: boolean;
  /**
   * Its content may leave with its envelope, before that is answered (BDAT, RFC 3030), and so may that of others on the
   * same connection: fewer packets and no waiting, but where the connection fails nobody knows of any of them.
   */
  readonly mayLeaveWhole?: boolean;
  /** Asked once, right before the first command leaves; with false nothing does. */
  mayBegin?(): boolean;
  /**
   * Asked once more where the content has waited for the host to ask for it, right before it leaves; with false it does
   * not, and the connection is closed. What leaves whole is asked for once, by `mayBegin`.
   */
  mayFinish?(): boolean;
}

export interface RecipientResult {
  readonly phase: Phase;
  readonly reply: SmtpReply;
  /** Whether this recipient's message was accepted: 2xx to RCPT and to the final dot. */
  readonly accepted: boolean;
}

export type TransactionResult =
  /** The server answered for every recipient. */
  | { readonly kind: 'answered'; readonly recipients: readonly RecipientResult[]; readonly transactionMs: number }
  /** `MAIL FROM` was refused, or the reply before `RCPT` ended the transaction: about the path or the sender. */
  | { readonly kind: 'refused'; readonly phase: Phase; readonly reply: SmtpReply }
  /** The connection failed before the final dot was sent: nothing was handed over. */
  | { readonly kind: 'broken'; readonly phase: Phase; readonly detail: string; readonly mailAnswered: boolean }
  /** The connection failed after the final dot: nobody knows. `recipients` holds those whose RCPT was refused. */
  | { readonly kind: 'unknown'; readonly detail: string; readonly refused: readonly (RecipientResult | undefined)[] }
  /** `mayBegin` said no and nothing was said, or `mayFinish` did and no content left. */
  | { readonly kind: 'withdrawn' }
  /** Not sent: what we were asked to send cannot be. */
  | { readonly kind: 'unsendable'; readonly cause: UnsendableCause; readonly detail: string };

/** Size over the host's limit, an extension that the message needs and the host lacks, an address beyond SMTP. */
export type UnsendableCause = 'too_big' | 'eightbitmime_missing' | 'smtputf8_missing' | 'bad_argument';

/** Why no session came to be. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly phase: Phase;
  readonly reply: SmtpReply | undefined;
  /** errno of the socket, such as ECONNREFUSED or EADDRNOTAVAIL. */
  readonly code: string | undefined;

  constructor(phase: Phase, message: string, details: { reply?: SmtpReply; code?: string; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.phase = phase;
    this.reply = details.reply;
    this.code = details.code;
  }
}
