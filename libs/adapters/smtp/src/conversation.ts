import type { Phase } from '@penstock/events';
import { RSET_COMMAND } from '@penstock/mail';
import type { RecipientResult, SessionFacts, SmtpTimeouts, TransactionResult } from '@penstock/ports';
import { isClosing, isPositive, recorded } from './replies.ts';
import type { RawReply } from './reply-reader.ts';
import { type Wire, WireError } from './wire.ts';

export interface Setting {
  readonly wire: Wire;
  readonly facts: SessionFacts;
  readonly timeouts: SmtpTimeouts;
  /** Whether the transaction before left the host's buffers filled, or may have. */
  readonly resetFirst: boolean;
  /** What is to leave behind the content, if there is anything by then: the transactions that follow. */
  follow(): readonly Uint8Array[];
}

export interface Finished {
  readonly result: TransactionResult;
  /** The host said 421, or the conversation is out of step: nothing more can be sent. */
  readonly over: boolean;
  /** It said 421. */
  readonly farewell: boolean;
  /** The next transaction has to begin with RSET. */
  readonly resetNext: boolean;
}

export interface Commands {
  readonly mail: string;
  readonly rcpts: readonly string[];
}

export function envelopeOf({ mail, rcpts }: Commands): string {
  return mail + (rcpts.length === 1 ? rcpts[0] : rcpts.join(''));
}

/** One transaction, from its first command to the last answer that is owed to it; how content travels is the heirs'. */
export abstract class Conversation {
  protected phase: Phase = 'mail';
  protected over = false;
  private farewell = false;
  protected resetNext = false;
  /** The end of the content may have reached the host. */
  protected dotSent = false;
  /** What the host has decided, should the connection fail before the rest is said. */
  private decided: TransactionResult | undefined;
  private mailAnswered = false;
  private withdrawn = false;
  private readonly results: (RecipientResult | undefined)[];

  constructor(
    protected readonly setting: Setting,
    protected readonly commands: Commands,
    /** When its first command left, or leaves now; monotonic ms. */
    private readonly startedAt: number,
  ) {
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
    return { result, over: this.over, farewell: this.farewell, resetNext: this.resetNext };
  }

  /** Sends what can be sent before the first answer. */
  protected abstract begin(): void;
  /** Answers for the recipients that were taken. */
  protected abstract content(): Promise<void>;
  /** Hears or says what is still owed where the host takes no content. */
  protected abstract closeUnwantedContent(): Promise<void>;
  /** Sends a command, where it has not been sent in advance, and answers the reply to it. */
  protected abstract ask(command: string): Promise<RawReply>;

  private async converse(): Promise<TransactionResult> {
    this.begin();
    if (this.setting.resetFirst) await this.reset();
    const answer = await this.ask(this.commands.mail);
    this.mailAnswered = true;
    if (!isPositive(answer)) return this.senderRefused(answer);
    const accepted = await this.offerRecipients();
    if (this.over) return this.answered();
    if (accepted === 0) return this.nobody();
    await this.content();
    return this.answered();
  }

  private async reset(): Promise<void> {
    const answer = await this.ask(RSET_COMMAND);
    if (!isPositive(answer)) throw new WireError('protocol', `RSET refused with ${answer.code}`);
  }

  private async senderRefused(reply: RawReply): Promise<TransactionResult> {
    const result: TransactionResult = { kind: 'refused', phase: 'mail', reply: recorded(reply) };
    this.decided = result;
    this.resetNext = true;
    if (this.over || !this.setting.facts.extensions.has('PIPELINING')) return result;
    for (const rcpt of this.commands.rcpts) await this.ask(rcpt);
    await this.closeUnwantedContent();
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

  /** Every recipient was refused. */
  private async nobody(): Promise<TransactionResult> {
    const result = this.answered();
    this.decided = result;
    this.resetNext = true;
    await this.closeUnwantedContent();
    return result;
  }

  protected async read(timeoutMs: number): Promise<RawReply> {
    const reply = await this.setting.wire.reply(timeoutMs);
    if (isClosing(reply)) {
      this.over = true;
      this.farewell = true;
    }
    return reply;
  }

  /** The reply decides for every recipient that was not refused before. */
  protected settle(phase: Phase, raw: RawReply): void {
    const result: RecipientResult = { phase, reply: recorded(raw), accepted: isPositive(raw) };
    for (let at = 0; at < this.results.length; at++) this.results[at] ??= result;
  }

  /** Its content does not leave any more: whoever forbade it has taken care of every recipient. */
  protected withdraw(): void {
    this.withdrawn = true;
  }

  private answered(): TransactionResult {
    if (this.withdrawn) return { kind: 'withdrawn' };
    const recipients = this.results.filter((result) => result !== undefined);
    return { kind: 'answered', recipients, transactionMs: performance.now() - this.startedAt };
  }

  private interrupted(error: WireError): TransactionResult {
    if (this.dotSent) return { kind: 'unknown', detail: error.message, refused: this.results };
    return { kind: 'broken', phase: this.phase, detail: error.message, mailAnswered: this.mailAnswered };
  }
}
