import { QUIT_COMMAND } from '@penstock/mail';
import type {
  ConnectTarget,
  MailSession,
  MailTransaction,
  MailTransport,
  SessionFacts,
  SmtpTimeouts,
  TransactionResult,
} from '@penstock/ports';
import { greet } from './greeting.ts';
import { SendingAhead } from './sending-ahead.ts';
import { type EncodedTransaction, encodeTransaction, takesWhole } from './transaction.ts';
import type { Wire } from './wire.ts';

/** Our SMTP client: PIPELINING, CHUNKING, STARTTLS, SIZE, 8BITMIME, SMTPUTF8 over node:net and node:tls. */
export class SmtpTransport implements MailTransport {
  async connect(target: ConnectTarget): Promise<MailSession> {
    const { wire, facts } = await greet(target);
    return new SmtpSession(wire, facts, target.timeouts);
  }
}

/** A transaction that waits for those before it, or for the answers to those. */
interface Follower {
  readonly encoded: EncodedTransaction;
  readonly done: (result: TransactionResult) => void;
  readonly failed: (error: unknown) => void;
}

class SmtpSession implements MailSession {
  readonly closed: Promise<void>;
  readonly takesFollowers: boolean;
  readonly takesWhole: boolean;
  private over = false;
  private busy = false;
  private resetFirst = false;
  /** The host said 421: it has taken nothing that was sent behind it. */
  private farewell = false;
  private readonly followers: Follower[] = [];
  private readonly ahead = new SendingAhead();

  constructor(
    private readonly wire: Wire,
    readonly facts: SessionFacts,
    private readonly timeouts: SmtpTimeouts,
  ) {
    this.closed = wire.closed;
    this.takesFollowers = facts.extensions.has('PIPELINING');
    this.takesWhole = takesWhole(facts);
  }

  get usable(): boolean {
    // Whatever arrives between transactions is a farewell (an idle 421) or a peer out of step.
    return !this.over && this.wire.open && (this.busy || !this.wire.ahead);
  }

  async send(transaction: MailTransaction): Promise<TransactionResult> {
    if (this.busy && !this.takesFollowers) throw new Error('one transaction at a time');
    if (!this.usable) {
      this.abort();
      return CLOSED;
    }
    const encoded = encodeTransaction(this.facts, transaction);
    if ('kind' in encoded) return encoded;
    if (!this.busy) return this.speak(encoded);
    return new Promise((done, failed) => {
      this.followers.push({ encoded, done, failed });
      this.wire.gather(this.ahead.behind(this.waiting()));
    });
  }

  private async speak(encoded: EncodedTransaction): Promise<TransactionResult> {
    this.busy = true;
    const { wire, facts, timeouts, resetFirst } = this;
    if (!encoded.isBegun) {
      // A connection that was silent for a while may be dead, and what is sent whole to a dead one is in doubt.
      const lively = encoded.wholeBytes !== undefined && wire.silentMs < LIVELY_MS;
      wire.gather(this.ahead.first(encoded, resetFirst, lively));
    }
    wire.gather(this.ahead.behind(this.waiting()));
    const follow = () => this.ahead.behindContent(this.waiting());
    try {
      const finished = await encoded.speak({ wire, facts, timeouts, resetFirst, follow });
      this.resetFirst = finished.resetNext;
      this.farewell ||= finished.farewell;
      // Replies to what was sent ahead may be there already.
      const answeredAhead = this.followers.some(({ encoded }) => encoded.isSent);
      if (finished.over || (wire.ahead && !answeredAhead)) this.abandon();
      return finished.result;
    } catch (error) {
      this.abort();
      throw error;
    } finally {
      this.busy = false;
      this.ahead.ended(encoded);
      this.speakNext();
    }
  }

  private *waiting(): Iterable<EncodedTransaction> {
    for (const { encoded } of this.followers) yield encoded;
  }

  private speakNext(): void {
    const next = this.followers.shift();
    if (!next) return;
    const gone = this.over || !this.wire.open;
    // What left whole may have been answered before the connection went, and is in doubt where it was not.
    if (!gone || (next.encoded.isWhole && !this.farewell)) {
      void this.speak(next.encoded).then(next.done, next.failed);
      return;
    }
    next.done(next.encoded.isWithdrawn ? { kind: 'withdrawn' } : CLOSED);
    this.speakNext();
  }

  async quit(): Promise<void> {
    if (!this.usable || this.busy) {
      this.abort();
      return this.closed;
    }
    this.over = true;
    this.wire.write(QUIT_COMMAND);
    const timer = setTimeout(() => this.wire.destroy(), FAREWELL_MS);
    await this.wire.reply(FAREWELL_MS).catch(() => undefined);
    this.wire.finish();
    await this.closed;
    clearTimeout(timer);
  }

  abort(): void {
    this.over = true;
    this.wire.destroy();
  }

  /** The host ends the session, or has lost its place in it. */
  private abandon(): void {
    this.over = true;
    this.wire.write(QUIT_COMMAND);
    this.wire.finish();
    const timer = setTimeout(() => this.wire.destroy(), FAREWELL_MS);
    void this.closed.then(() => clearTimeout(timer));
  }
}

const CLOSED: TransactionResult = {
  kind: 'broken',
  phase: 'mail',
  detail: 'connection closed by peer',
  mailAnswered: false,
};

/** A connection that said something within this is taken to be alive. */
const LIVELY_MS = 1000;

/** How long a host may take to say goodbye. */
const FAREWELL_MS = 2000;
