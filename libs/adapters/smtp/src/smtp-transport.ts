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
import { transact } from './transaction.ts';
import type { Wire } from './wire.ts';

/** Our SMTP client: PIPELINING, STARTTLS, SIZE, 8BITMIME, SMTPUTF8 over node:net and node:tls. */
export class SmtpTransport implements MailTransport {
  async connect(target: ConnectTarget): Promise<MailSession> {
    const { wire, facts } = await greet(target);
    return new SmtpSession(wire, facts, target.timeouts);
  }
}

class SmtpSession implements MailSession {
  readonly closed: Promise<void>;
  private over = false;
  private busy = false;
  private resetFirst = false;

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

  async send(transaction: MailTransaction): Promise<TransactionResult> {
    if (this.busy) throw new Error('one transaction at a time');
    if (!this.usable) {
      this.abort();
      return { kind: 'broken', phase: 'mail', detail: 'connection closed by peer', mailAnswered: false };
    }
    this.busy = true;
    const { wire, facts, timeouts, resetFirst } = this;
    const finished = await transact({ wire, facts, timeouts, resetFirst }, transaction);
    this.busy = false;
    this.resetFirst = finished.resetNext;
    if (finished.over || wire.ahead) this.abandon();
    return finished.result;
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

/** How long a host may take to say goodbye. */
const FAREWELL_MS = 2000;
