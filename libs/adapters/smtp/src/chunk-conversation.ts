import { type Commands, Conversation, type Setting } from './conversation.ts';
import { isPositive } from './replies.ts';
import type { RawReply } from './reply-reader.ts';

/**
 * A transaction that has left whole, its content by BDAT behind its envelope (RFC 3030): what remains is to hear the
 * answers. From the start nobody can tell how much of it the host has.
 */
export class ChunkConversation extends Conversation {
  constructor(setting: Setting, commands: Commands, sentAt: number) {
    super(setting, commands, sentAt);
    this.dotSent = true;
  }

  protected begin(): void {}

  /** The host has the content in any case, and says that it has no use for it. */
  protected async closeUnwantedContent(): Promise<void> {
    await this.read(this.setting.timeouts.finalDotMs);
  }

  protected async content(): Promise<void> {
    this.phase = 'final_dot';
    const verdict = await this.read(this.setting.timeouts.finalDotMs);
    // RFC 3030 section 2: after a chunk that was refused the host may keep the envelope.
    if (!isPositive(verdict)) this.resetNext = true;
    this.settle('final_dot', verdict);
  }

  protected ask(): Promise<RawReply> {
    return this.read(this.setting.timeouts.commandMs);
  }
}
