import {
  DATA_COMMAND,
  lastChunkCommand,
  mailFromCommand,
  RSET_COMMAND,
  rcptToCommand,
  UnsafeArgumentError,
} from '@penstock/mail';
import type { MailTransaction, SessionFacts, TransactionResult, UnsendableCause } from '@penstock/ports';
import { ChunkConversation } from './chunk-conversation.ts';
import { type Commands, envelopeOf, type Finished, type Setting } from './conversation.ts';
import { DataConversation } from './data-conversation.ts';
import { contentSize, encodeChunk } from './data-encoding.ts';

/** More than this is not sent before the host has said that it wants it; nor does anything follow it unasked. */
const AHEAD_BYTES = 64 * 1024;

/** How far a transaction has got before it is its turn to be spoken. */
type Begun = 'not yet' | 'envelope' | 'whole' | 'withdrawn';

/** A transaction whose commands are known: it can be spoken, or sent ahead of its turn, its envelope or all of it. */
export class EncodedTransaction {
  private begun: Begun = 'not yet';
  private resetSent = false;
  private sentAt: number | undefined;

  constructor(
    private readonly commands: Commands,
    private readonly mail: MailTransaction,
    /** The content as it follows BDAT, where it may leave before its envelope is answered. */
    private readonly chunk: readonly Uint8Array[] | undefined,
  ) {}

  /** Bytes that leave where it is sent whole; none where it cannot be. */
  get wholeBytes(): number | undefined {
    return this.chunk && contentSize(this.chunk);
  }

  /** The envelope, to leave with the content of the transaction before; empty if it may not begin any more. */
  sendEnvelope(resetFirst: boolean): string {
    if (this.withdrawn()) return '';
    this.begun = 'envelope';
    this.resetSent = resetFirst;
    return (resetFirst ? RSET_COMMAND : '') + envelopeOf(this.commands) + DATA_COMMAND;
  }

  /** All of it, to leave behind the transaction before; nothing if it may not begin any more. */
  sendWhole(resetFirst: boolean): readonly Uint8Array[] {
    if (!this.chunk || this.withdrawn()) return [];
    this.begun = 'whole';
    this.resetSent = resetFirst;
    this.sentAt = performance.now();
    const bdat = lastChunkCommand(contentSize(this.chunk));
    return [Buffer.from((resetFirst ? RSET_COMMAND : '') + envelopeOf(this.commands) + bdat, 'utf8'), ...this.chunk];
  }

  /** Speaks it, or what is left of it. Never rejects for what the peer does. */
  async speak(setting: Setting): Promise<Finished> {
    if (this.begun === 'whole') {
      const since = this.sentAt ?? performance.now();
      return new ChunkConversation({ ...setting, resetFirst: this.resetSent }, this.commands, since).run();
    }
    if (this.begun === 'envelope') {
      return new DataConversation({ ...setting, resetFirst: this.resetSent }, this.commands, this.mail, true).run();
    }
    if (this.withdrawn()) {
      return { result: { kind: 'withdrawn' }, over: false, farewell: false, resetNext: setting.resetFirst };
    }
    return new DataConversation(setting, this.commands, this.mail, false).run();
  }

  get isBegun(): boolean {
    return this.begun !== 'not yet';
  }

  /** Something of it has left, and will be answered. */
  get isSent(): boolean {
    return this.begun === 'envelope' || this.begun === 'whole';
  }

  /** Its content has left: should the connection fail, nobody knows. */
  get isWhole(): boolean {
    return this.begun === 'whole';
  }

  /** Whoever withdrew it has taken care of it: it must not be told that its connection failed. */
  get isWithdrawn(): boolean {
    return this.begun === 'withdrawn';
  }

  private withdrawn(): boolean {
    if (this.begun === 'not yet' && this.mail.mayBegin?.() === false) this.begun = 'withdrawn';
    return this.isWithdrawn;
  }
}

/** The transaction in commands this host understands, or why it cannot be sent to it. */
export function encodeTransaction(facts: SessionFacts, mail: MailTransaction): EncodedTransaction | Unsendable {
  const size = contentSize(mail.content);
  const commands = encode(facts, mail, size);
  if ('kind' in commands) return commands;
  const mayBeWhole = mail.mayLeaveWhole === true && takesWhole(facts) && size <= AHEAD_BYTES;
  return new EncodedTransaction(commands, mail, mayBeWhole ? encodeChunk(mail.content) : undefined);
}

/** Whether the host takes content that is sent before the answers to its envelope: RFC 3030 and RFC 2920. */
export function takesWhole({ extensions }: SessionFacts): boolean {
  return extensions.has('CHUNKING') && extensions.has('PIPELINING');
}

type Unsendable = TransactionResult & { readonly kind: 'unsendable' };

function encode({ extensions, maxSize }: SessionFacts, mail: MailTransaction, size: number): Commands | Unsendable {
  if (maxSize !== undefined && size > maxSize) return unsendable('too_big', `${size} bytes, host takes ${maxSize}`);
  if (mail.smtpUtf8 && !extensions.has('SMTPUTF8')) return unsendable('smtputf8_missing', 'host lacks SMTPUTF8');
  // RFC 6152 section 3: never raw. SMTPUTF8 needs no 8BITMIME beside it (RFC 6531 section 3.1 has the host take both).
  if (mail.eightBit && !mail.smtpUtf8 && !extensions.has('8BITMIME')) {
    return unsendable('eightbitmime_missing', 'host lacks 8BITMIME');
  }
  try {
    const from = mailFromCommand({
      mailFrom: mail.mailFrom,
      smtpUtf8: mail.smtpUtf8,
      eightBit: mail.eightBit && extensions.has('8BITMIME'),
      ...(extensions.has('SIZE') ? { size } : {}),
    });
    return { mail: from, rcpts: mail.recipients.map((address) => rcptToCommand(address, mail.smtpUtf8)) };
  } catch (error) {
    if (error instanceof UnsafeArgumentError) return unsendable('bad_argument', error.message);
    throw error;
  }
}

function unsendable(cause: UnsendableCause, detail: string) {
  return { kind: 'unsendable' as const, cause, detail };
}
