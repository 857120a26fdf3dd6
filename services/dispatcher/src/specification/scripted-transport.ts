import type { Phase, SmtpReply } from '@penstock/events';
import {
  type ConnectTarget,
  type MailSession,
  type MailTransaction,
  type MailTransport,
  type SessionFacts,
  type Timers,
  type TransactionResult,
  TransportError,
} from '@penstock/ports';

export type Script = (
  mail: MailTransaction,
  session: ScriptedSession,
) => TransactionResult | Promise<TransactionResult>;

export const OK: SmtpReply = { code: 250, enhanced: '2.0.0', text: 'queued' };

/** Everybody is answered the same. */
export function answer(code: number, text: string, phase: Phase = 'rcpt', enhanced?: string): Script {
  const reply = { code, text, ...(enhanced ? { enhanced } : {}) };
  return ({ recipients }) => ({
    kind: 'answered',
    transactionMs: 1,
    recipients: recipients.map(() => ({ phase, reply, accepted: code < 300 })),
  });
}

export const accept: Script = ({ recipients }) => ({
  kind: 'answered',
  transactionMs: 1,
  recipients: recipients.map(() => ({ phase: 'final_dot', reply: OK, accepted: true })),
});

/** A reply to `MAIL FROM` that refuses. */
export function refuse(code: number, text: string): Script {
  return () => ({ kind: 'refused', phase: 'mail', reply: { code, text } });
}

/** The connection dies before `MAIL FROM` is answered. */
export const die: Script = (_, session) => {
  session.drop();
  return { kind: 'broken', phase: 'mail', detail: 'connection closed by peer', mailAnswered: false };
};

/** Answers when it is told to. */
export class Gate {
  readonly waiting: (() => void)[] = [];
  readonly script: Script = async (mail, session) => {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    return session.usable ? accept(mail, session) : { kind: 'unknown', detail: 'cut', refused: [] };
  };

  open(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

export class ScriptedSession implements MailSession {
  readonly closed: Promise<void>;
  usable = true;
  sent = 0;
  quits = 0;
  /** The most transactions it had at one time. */
  deepest = 0;
  private readonly underWay = new Set<Promise<TransactionResult>>();
  private close: () => void = () => {};

  constructor(
    readonly target: ConnectTarget,
    readonly facts: SessionFacts,
    private readonly transport: ScriptedTransport,
  ) {
    this.closed = new Promise((resolve) => {
      this.close = resolve;
    });
  }

  get takesWhole(): boolean {
    return this.transport.chunking;
  }

  get takesFollowers(): boolean {
    return this.transport.pipelining;
  }

  async send(mail: MailTransaction): Promise<TransactionResult> {
    const before = [...this.underWay].at(-1);
    const sent = before ? before.then(() => this.speak(mail)) : this.speak(mail);
    this.underWay.add(sent);
    this.deepest = Math.max(this.deepest, this.underWay.size);
    const result = await sent;
    this.underWay.delete(sent);
    return result;
  }

  private async speak(mail: MailTransaction): Promise<TransactionResult> {
    if (!this.usable) return { kind: 'broken', phase: 'mail', detail: 'closed by peer', mailAnswered: false };
    if (mail.mayBegin?.() === false) return { kind: 'withdrawn' };
    this.sent++;
    this.transport.mails.push(mail);
    const script = this.transport.scripts.shift() ?? this.transport.fallback;
    return script(mail, this);
  }

  drop(): void {
    if (!this.usable) return;
    this.usable = false;
    this.transport.open--;
    this.close();
  }

  async quit(): Promise<void> {
    this.quits++;
    this.drop();
  }

  abort(): void {
    this.drop();
  }
}

/** What a host says when somebody connects; undefined lets them in. */
export type Greeting = (target: ConnectTarget) => TransportError | undefined;

/** Hosts that say what the specification makes them say. */
export class ScriptedTransport implements MailTransport {
  readonly connects: ConnectTarget[] = [];
  readonly sessions: ScriptedSession[] = [];
  readonly mails: MailTransaction[] = [];
  /** For the next transactions, in order; then `fallback`. */
  readonly scripts: Script[] = [];
  readonly greetings: Greeting[] = [];
  fallback: Script = accept;
  greeting: Greeting = () => undefined;
  facts: SessionFacts = { extensions: new Map() };
  /** Whether a transaction may follow another. */
  pipelining = false;
  chunking = false;
  /** How long a greeting takes. */
  greetingMs = 0;
  open = 0;
  mostOpen = 0;

  constructor(private readonly timers: Pick<Timers, 'sleep'>) {}

  async connect(target: ConnectTarget): Promise<MailSession> {
    this.connects.push(target);
    if (this.greetingMs > 0) await Promise.race([this.timers.sleep(this.greetingMs), aborted(target.signal)]);
    if (target.signal?.aborted) throw new TransportError('banner', 'nobody waits for it any more');
    const error = (this.greetings.shift() ?? this.greeting)(target);
    if (error) throw error;
    this.open++;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    const session = new ScriptedSession(target, this.facts, this);
    this.sessions.push(session);
    return session;
  }
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
}

export function failAt(phase: Phase, details: { code?: string; reply?: SmtpReply } = {}): Greeting {
  return () => new TransportError(phase, `scripted failure at ${phase}`, details);
}
