import type { Phase } from '@penstock/events';
import { DATA_COMMAND, mailFromCommand, RSET_COMMAND, rcptToCommand, UnsafeArgumentError } from '@penstock/mail';
import type { MailTransaction, RecipientResult, SessionFacts, SmtpTimeouts, TransactionResult } from '@penstock/ports';
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

/** One mail transaction over a greeted connection. Never rejects for what the peer does. */
export async function transact(setting: Setting, mail: MailTransaction): Promise<Finished> {
  const commands = encode(setting.facts, mail);
  if ('kind' in commands) return { result: commands, over: false, resetNext: setting.resetFirst };
  const transaction = new Transaction(setting, commands, mail.content);
  return transaction.run();
}

function encode(facts: SessionFacts, mail: MailTransaction): Commands | (TransactionResult & { kind: 'unsendable' }) {
  const size = contentSize(mail.content);
  const { extensions, maxSize } = facts;
  if (maxSize !== undefined && size > maxSize) return unsendable('too_big', `${size} bytes, host takes ${maxSize}`);
  if (mail.smtpUtf8 && !extensions.has('SMTPUTF8')) return unsendable('smtputf8_missing', 'host lacks SMTPUTF8');
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

function unsendable(cause: 'too_big' | 'smtputf8_missing' | 'bad_argument', detail: string) {
  return { kind: 'unsendable' as const, cause, detail };
}

class Transaction {
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
    const { mail, rcpts } = this.commands;
    if (this.pipelining) {
      wire.write(
        (resetFirst ? RSET_COMMAND : '') + mail + (rcpts.length === 1 ? rcpts[0] : rcpts.join('')) + DATA_COMMAND,
      );
    }
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
    wire.writeAll(encodeData(this.content), () => {
      this.dotSent = true;
      wire.extend(timeouts.finalDotMs);
    });
    // Whether TLS has handed the last record over cannot be told from its callback alone: better to doubt.
    if (wire.encrypted) this.dotSent = true;
    const verdict = await this.read(timeouts.finalDotMs);
    // A refusal in mid-content leaves the conversation out of step.
    if (!this.dotSent && !isPositive(verdict)) this.over = true;
    this.settle(this.dotSent || isPositive(verdict) ? 'final_dot' : 'data', verdict);
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
