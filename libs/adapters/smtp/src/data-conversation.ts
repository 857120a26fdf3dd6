import { DATA_COMMAND, RSET_COMMAND } from '@penstock/mail';
import type { MailTransaction } from '@penstock/ports';
import { type Commands, Conversation, envelopeOf, type Setting } from './conversation.ts';
import { contentSize, encodeData } from './data-encoding.ts';
import { isPositive } from './replies.ts';
import type { RawReply } from './reply-reader.ts';
import { WireError } from './wire.ts';

/** A host that refuses a large message may do so in its midst, and would take what follows for content. */
const FOLLOWED_BYTES = 64 * 1024;
const NOTHING: readonly Uint8Array[] = [];

/** A transaction by DATA: the content leaves when the host has asked for it. */
export class DataConversation extends Conversation {
  private readonly pipelining: boolean;

  constructor(
    setting: Setting,
    commands: Commands,
    private readonly mail: Pick<MailTransaction, 'content' | 'mayFinish'>,
    /** The envelope has been sent already. */
    private readonly ahead: boolean,
  ) {
    super(setting, commands, performance.now());
    this.pipelining = setting.facts.extensions.has('PIPELINING');
  }

  protected begin(): void {
    if (!this.pipelining || this.ahead) return;
    const { wire, resetFirst } = this.setting;
    wire.write((resetFirst ? RSET_COMMAND : '') + envelopeOf(this.commands) + DATA_COMMAND);
  }

  /** RFC 2920 section 3.1: DATA may be answered 354 although no recipient is left; a lone dot ends it. */
  protected async closeUnwantedContent(): Promise<void> {
    if (!this.pipelining) return;
    const { wire, timeouts } = this.setting;
    const answer = await this.read(timeouts.dataMs);
    if (answer.code !== 354) return;
    wire.write('.\r\n');
    await this.read(timeouts.finalDotMs);
  }

  protected async content(): Promise<void> {
    const { wire, timeouts } = this.setting;
    this.phase = 'data';
    if (!this.pipelining) wire.write(DATA_COMMAND);
    const go = await this.read(timeouts.dataMs);
    if (go.code !== 354) {
      if (isPositive(go)) throw new WireError('protocol', `DATA answered with ${go.code}`);
      this.resetNext = true;
      this.settle('data', go);
      return;
    }
    if (this.mail.mayFinish?.() === false) {
      // Cut before its content, the transaction is nothing (RFC 5321 section 4.1.1.4).
      wire.destroy();
      this.over = true;
      this.withdraw();
      return;
    }
    this.send();
    const verdict = await this.read(timeouts.finalDotMs);
    if (!this.dotSent && isPositive(verdict)) {
      // Nobody can have accepted what has no end yet. What is left must not follow: cut, it is never a message.
      wire.destroy();
      throw new WireError('protocol', `${verdict.code} before the end of the content`);
    }
    // A refusal in mid-content leaves the conversation out of step.
    if (!this.dotSent) this.over = true;
    this.settle(this.dotSent ? 'final_dot' : 'data', verdict);
  }

  private send(): void {
    const { wire, timeouts } = this.setting;
    const followed = this.pipelining && contentSize(this.mail.content) <= FOLLOWED_BYTES;
    const followers = followed ? this.setting.follow() : NOTHING;
    wire.writeAll([...encodeData(this.mail.content), ...followers], () => {
      this.dotSent = true;
      wire.extend(timeouts.finalDotMs);
    });
    // Whether TLS has handed the last record over cannot be told from its callback alone, nor where a write that holds
    // more than the dot was cut: better to doubt.
    if (wire.encrypted || followers.length > 0) this.dotSent = true;
  }

  protected ask(command: string): Promise<RawReply> {
    if (!this.pipelining) this.setting.wire.write(command);
    return this.read(this.setting.timeouts.commandMs);
  }
}
