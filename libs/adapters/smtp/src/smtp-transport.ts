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
import { type EncodedTransaction, encodeTransaction } from './transaction.ts';
import type { Wire } from './wire.ts';

/** Our SMTP client: PIPELINING, STARTTLS, SIZE, 8BITMIME, SMTPUTF8 over node:net and node:tls. */
export class SmtpTransport implements MailTransport {
  async connect(target: ConnectTarget): Promise<MailSession> {
    const { wire, facts } = await greet(target);
    return new SmtpSession(wire, facts, target.timeouts);
  }
}

/** A transaction that waits for those before it. */
interface Follower {
  readonly encoded: EncodedTransaction;
  readonly done: (result: TransactionResult) => void;
  readonly failed: (error: unknown) => void;
}

class SmtpSession implements MailSession {
  readonly closed: Promise<void>;
  private over = false;
  private busy = false;
  private resetFirst = false;
  private readonly followers: Follower[] = [];

  constructor(
    private readonly wire: Wire,
    readonly facts: SessionFacts,
    private readonly timeouts: SmtpTimeouts,
  ) {
    this.closed = wire.closed;
  }

  get usable(): boolean {
    // Whatever arrives between transactions is a farewell (an idle 421) or a peer out of step.
    return !this.over && this.wire.open && (this.busy || !this.wire.ahead);
  }

  get takesFollowers(): boolean {
    return this.facts.extensions.has('PIPELINING');
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
    });
  }

  private async speak(encoded: EncodedTransaction): Promise<TransactionResult> {
    this.busy = true;
    const { wire, facts, timeouts, resetFirst } = this;
    let ahead = false;
    const follow = (): string => {
      const envelope = this.followers[0]?.encoded.sendAhead() ?? '';
      ahead = envelope !== '';
      return envelope;
    };
    try {
      const finished = await encoded.speak({ wire, facts, timeouts, resetFirst, follow });
      this.resetFirst = finished.resetNext;
      // Replies to what was sent ahead may be there already.
      if (finished.over || (wire.ahead && !ahead)) this.abandon();
      return finished.result;
    } catch (error) {
      this.abort();
      throw error;
    } finally {
      this.busy = false;
      this.speakNext();
    }
  }

  private speakNext(): void {
    const next = this.followers.shift();
    if (!next) return;
    if (!this.over && this.wire.open) {
      void this.speak(next.encoded).then(next.done, next.failed);
      return;
    }
    for (const { encoded, done } of [next, ...this.followers.splice(0)]) {
      done(encoded.isWithdrawn ? { kind: 'withdrawn' } : CLOSED);
    }
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

/** How long a host may take to say goodbye. */
const FAREWELL_MS = 2000;
