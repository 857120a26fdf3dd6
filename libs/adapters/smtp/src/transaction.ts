import type { Phase } from '@penstock/events';
import { DATA_COMMAND, mailFromCommand, RSET_COMMAND, rcptToCommand, UnsafeArgumentError } from '@penstock/mail';
import type {
  MailTransaction,
  RecipientResult,
  SessionFacts,
  SmtpTimeouts,
  TransactionResult,
  UnsendableCause,
} from '@penstock/ports';
import { contentSize, encodeData } from './data-encoding.ts';
import { isClosing, isPositive, recorded } from './replies.ts';
import type { RawReply } from './reply-reader.ts';
import { type Wire, WireError } from './wire.ts';

export interface Setting {
  readonly wire: Wire;
  readonly facts: SessionFacts;
  readonly timeouts: SmtpTimeouts;
  /** Whether the transaction before left the host's buffers filled. */
  readonly resetFirst: boolean;
  /** Commands to leave with the content, if there are any by then: the next transaction's. */
  follow(): string;
}

export interface Finished {
  readonly result: TransactionResult;
  /** The host said 421, or the conversation is out of step: nothing more can be sent. */
  readonly over: boolean;
  /** The next transaction has to begin with RSET. */
  readonly resetNext: boolean;
}

interface Commands {
  readonly mail: string;
  readonly rcpts: readonly string[];
}

/** A transaction whose commands are known: it can be spoken, or its envelope sent ahead of its turn. */
export class EncodedTransaction {
  private begun: 'not yet' | 'ahead' | 'withdrawn' = 'not yet';

  constructor(
    private readonly commands: Commands,
    private readonly mail: MailTransaction,
  ) {}

  /** The envelope, to leave with the content of the transaction before; empty if it may not begin any more. */
  sendAhead(): string {
    if (this.withdrawn()) return '';
    this.begun = 'ahead';
    return pipelined(this.commands);
  }

  /** Speaks it, or what is left of it. Never rejects for what the peer does. */
  async speak(setting: Setting): Promise<Finished> {
    const untouched = { over: false, resetNext: setting.resetFirst };
    const ahead = this.begun === 'ahead';
    if (!ahead && this.withdrawn()) return { result: { kind: 'withdrawn' }, ...untouched };
    return new Conversation(setting, this.commands, this.mail.content, ahead).run();
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
  const commands = encode(facts, mail);
  return 'kind' in commands ? commands : new EncodedTransaction(commands, mail);
}

function pipelined({ mail, rcpts }: Commands): string {
  return mail + (rcpts.length === 1 ? rcpts[0] : rcpts.join('')) + DATA_COMMAND;
}

type Unsendable = TransactionResult & { readonly kind: 'unsendable' };

function encode(facts: SessionFacts, mail: MailTransaction): Commands | Unsendable {
  const size = contentSize(mail.content);
  const { extensions, maxSize } = facts;
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

/** A host that refuses a large message may do so in its midst, and would take what follows for content. */
const FOLLOWED_BYTES = 64 * 1024;

class Conversation {
  private readonly pipelining: boolean;
  private readonly startedAt = performance.now();
  private readonly results: (RecipientResult | undefined)[];
  private phase: Phase = 'mail';
  private mailAnswered = false;
  private dotSent = false;
  private over = false;
  private resetNext = false;
  /** What the host has decided, should the connection fail before the rest is said. */
  private decided: TransactionResult | undefined;

  constructor(
    private readonly setting: Setting,
    private readonly commands: Commands,
    private readonly content: readonly Uint8Array[],
    /** The envelope has been sent already. */
    private readonly ahead: boolean,
  ) {
    this.pipelining = setting.facts.extensions.has('PIPELINING');
    this.results = new Array(commands.rcpts.length).fill(undefined);
  }

  async run(): Promise<Finished> {
    let result: TransactionResult;
    try {
      result = await this.converse();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.over = true;
      result = this.decided ?? this.interrupted(error);
    }
    return { result, over: this.over, resetNext: this.resetNext };
  }

  private async converse(): Promise<TransactionResult> {
    const { wire, resetFirst } = this.setting;
    const { mail } = this.commands;
    if (this.pipelining && !this.ahead) wire.write((resetFirst ? RSET_COMMAND : '') + pipelined(this.commands));
    if (resetFirst) await this.reset();
    const answer = await this.ask(mail);
    this.mailAnswered = true;
    if (!isPositive(answer)) return this.senderRefused(answer);
    const accepted = await this.offerRecipients();
    if (this.over) return this.answered();
    return accepted === 0 ? this.nobody() : this.sendContent();
  }

  private async reset(): Promise<void> {
    const answer = await this.ask(RSET_COMMAND);
    if (!isPositive(answer)) throw new WireError('protocol', `RSET refused with ${answer.code}`);
  }

  private async senderRefused(reply: RawReply): Promise<TransactionResult> {
    const result: TransactionResult = { kind: 'refused', phase: 'mail', reply: recorded(reply) };
    this.decided = result;
    this.resetNext = true;
    if (this.over || !this.pipelining) return result;
    for (const rcpt of this.commands.rcpts) await this.ask(rcpt);
    await this.closeUnwantedData();
    return result;
  }

  /** How many recipients the host takes. A 421 speaks for all that are not answered yet, or not yet delivered. */
  private async offerRecipients(): Promise<number> {
    this.phase = 'rcpt';
    const { rcpts } = this.commands;
    let accepted = 0;
    for (let at = 0; at < rcpts.length; at++) {
      const reply = await this.ask(rcpts[at] as string);
      if (isPositive(reply)) {
        accepted++;
        continue;
      }
      if (this.over) {
        this.settle('rcpt', reply);
        return 0;
      }
      this.results[at] = { phase: 'rcpt', reply: recorded(reply), accepted: false };
    }
    return accepted;
  }

  /** Every recipient was refused: no content is owed, except the end of one that was asked for in advance. */
  private async nobody(): Promise<TransactionResult> {
    const result = this.answered();
    this.decided = result;
    this.resetNext = true;
    if (this.pipelining) await this.closeUnwantedData();
    return result;
  }

  /** RFC 2920 section 3.1: DATA may be answered 354 although no recipient is left; a lone dot ends it. */
  private async closeUnwantedData(): Promise<void> {
    const { wire, timeouts } = this.setting;
    const answer = await this.read(timeouts.dataMs);
    if (answer.code !== 354) return;
    wire.write('.\r\n');
    await this.read(timeouts.finalDotMs);
  }

  private async sendContent(): Promise<TransactionResult> {
    const { wire, timeouts } = this.setting;
    this.phase = 'data';
    if (!this.pipelining) wire.write(DATA_COMMAND);
    const go = await this.read(timeouts.dataMs);
    if (go.code !== 354) {
      if (isPositive(go)) throw new WireError('protocol', `DATA answered with ${go.code}`);
      this.resetNext = true;
      this.settle('data', go);
      return this.answered();
    }
    const follow = this.pipelining && contentSize(this.content) <= FOLLOWED_BYTES ? this.setting.follow() : '';
    wire.writeAll(encodeData(this.content), follow, () => {
      this.dotSent = true;
      wire.extend(timeouts.finalDotMs);
    });
    // Whether TLS has handed the last record over cannot be told from its callback alone, nor where a write that holds
    // more than the dot was cut: better to doubt.
    if (wire.encrypted || follow !== '') this.dotSent = true;
    const verdict = await this.read(timeouts.finalDotMs);
    if (!this.dotSent && isPositive(verdict)) {
      // Nobody can have accepted what has no end yet. What is left must not follow: cut, it is never a message.
      wire.destroy();
      throw new WireError('protocol', `${verdict.code} before the end of the content`);
    }
    // A refusal in mid-content leaves the conversation out of step.
    if (!this.dotSent) this.over = true;
    this.settle(this.dotSent ? 'final_dot' : 'data', verdict);
    return this.answered();
  }

  private ask(command: string): Promise<RawReply> {
    if (!this.pipelining) this.setting.wire.write(command);
    return this.read(this.setting.timeouts.commandMs);
  }

  private async read(timeoutMs: number): Promise<RawReply> {
    const reply = await this.setting.wire.reply(timeoutMs);
    if (isClosing(reply)) this.over = true;
    return reply;
  }

  /** The reply decides for every recipient that was not refused before. */
  private settle(phase: Phase, raw: RawReply): void {
    const result: RecipientResult = { phase, reply: recorded(raw), accepted: isPositive(raw) };
    for (let at = 0; at < this.results.length; at++) this.results[at] ??= result;
  }

  private answered(): TransactionResult {
    const recipients = this.results.filter((result) => result !== undefined);
    return { kind: 'answered', recipients, transactionMs: performance.now() - this.startedAt };
  }

  private interrupted(error: WireError): TransactionResult {
    if (this.dotSent) return { kind: 'unknown', detail: error.message, refused: this.results };
    return { kind: 'broken', phase: this.phase, detail: error.message, mailAnswered: this.mailAnswered };
  }
}
