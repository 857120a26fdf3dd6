import type { SmtpReply } from '@penstock/events';
import {
  type ConnectTarget,
  type MailSession,
  type MailTransaction,
  type MailTransport,
  type RecipientResult,
  type SmtpTimeouts,
  type TransactionResult,
  TransportError,
} from '@penstock/ports';
import type { SimulatedProcess } from '../simulated-process.ts';
import { latency } from '../time/latency.ts';
import type { SeededRandom } from '../time/seeded-random.ts';
import { type MailWorld, REPLIES, type WorldConnection } from './mail-world.ts';

/**
 * SMTP without bytes: commands reach the world after a while and its answers come back. When the process dies
 * its sockets close, and what it had sent is still read.
 */
export function simulatedTransport(process: SimulatedProcess, world: MailWorld): MailTransport {
  const random = process.simulation.random(`smtp ${process.label}`);
  return {
    connect: (target) => connect(process, world, target, random),
  };
}

/** Rejects as soon as nobody wants the session any more; what was opened is closed then. */
async function connect(
  process: SimulatedProcess,
  world: MailWorld,
  target: ConnectTarget,
  random: SeededRandom,
): Promise<MailSession> {
  const { signal } = target;
  let opened: WorldConnection | undefined;
  let giveUp = (): void => {};
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = () => {
      if (opened) world.close(opened);
      reject(new TransportError('connect', 'given up'));
    };
  });
  signal?.addEventListener('abort', giveUp);
  const opening = open(process, world, target, random, (connection) => {
    opened = connection;
  });
  try {
    return await Promise.race([opening, givenUp]);
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

async function open(
  process: SimulatedProcess,
  world: MailWorld,
  target: ConnectTarget,
  random: SeededRandom,
  onOpened: (connection: WorldConnection) => void,
): Promise<MailSession> {
  world.leaves({ what: 'connect', sender: process.label, client: target.ehlo });
  const backMs = wire(random) + slowness(world, random);
  const connection = await process.call(`connect ${target.host}`, wire(random), backMs, () => {
    if (target.signal?.aborted) return 'silence';
    const accepted = accept(process, world, target);
    if (accepted !== 'silence') onOpened(accepted);
    return accepted;
  });
  if (connection !== 'silence') return new SimulatedSession(process, world, connection, random, target.timeouts);
  await process.timers.sleep(target.timeouts.connectMs);
  throw new TransportError('connect', 'no answer', { code: 'ETIMEDOUT' });
}

/** Less than anybody waits for: who is slower than that is silent. */
const MOST_SLOW_MS = 4_000;

/** One way over the network, ms. */
function wire(random: SeededRandom): number {
  return latency(random, 8, 200);
}

/** By how much an answer comes later than the wire takes, ms. */
function slowness(world: MailWorld, random: SeededRandom): number {
  return world.faults.happens('slow_host') ? random.between(100, MOST_SLOW_MS) : 0;
}

function accept(process: SimulatedProcess, world: MailWorld, target: ConnectTarget): WorldConnection | 'silence' {
  const site = world.sites.ofAddress(target.address);
  if (world.faults.happens('silent_host')) return 'silence';
  if (!site || world.faults.happens('connect_refused')) {
    throw new TransportError('connect', 'connection refused', { code: 'ECONNREFUSED' });
  }
  if (world.faults.happens('banner_refused')) throw greetedWith(REPLIES.notWelcome);
  if (world.faults.happens('too_many_connections')) throw greetedWith(REPLIES.tooManyConnections);
  const connection = world.open(target.ehlo, site.name);
  process.onEnd(() => world.close(connection));
  return connection;
}

function greetedWith(reply: SmtpReply): TransportError {
  return new TransportError('banner', `greeted with ${reply.code}`, { reply });
}

class SimulatedSession implements MailSession {
  readonly facts = { extensions: new Map([['PIPELINING', '']]) };
  readonly closed: Promise<void>;
  private settleClosed: () => void = () => {};
  private ending = false;
  readonly takesFollowers = true;
  readonly takesWhole = false;
  private underWay: Promise<TransactionResult> | undefined;

  constructor(
    private readonly process: SimulatedProcess,
    private readonly world: MailWorld,
    private readonly connection: WorldConnection,
    private readonly random: SeededRandom,
    private readonly timeouts: SmtpTimeouts,
  ) {
    this.closed = new Promise((resolve) => {
      this.settleClosed = resolve;
    });
  }

  get usable(): boolean {
    return this.connection.open && !this.ending;
  }

  async send(transaction: MailTransaction): Promise<TransactionResult> {
    const before = this.underWay;
    if (before) await before;
    if (before && !this.usable) return broken('mail', false);
    if (transaction.mayBegin?.() === false) return { kind: 'withdrawn' };
    const speaking = this.speak(transaction);
    this.underWay = speaking;
    const result = await speaking;
    if (this.underWay === speaking) this.underWay = undefined;
    return result;
  }

  private async speak(transaction: MailTransaction): Promise<TransactionResult> {
    const began = this.process.simulation.now;
    this.leaves('mail');
    const answers = await this.arrive('MAIL and RCPT', () => this.envelope(transaction));
    if (answers === 'silence') {
      await this.outwait(this.timeouts.commandMs);
      return this.ended(broken('mail', false));
    }
    if ('kind' in answers) return this.ended(answers);
    if (answers.every((answer) => answer !== undefined)) return this.answered(began, answers);
    if (transaction.mayFinish?.() === false) {
      this.abort();
      return { kind: 'withdrawn' };
    }
    this.leaves('content');
    const result = await this.arrive('DATA', () => this.finalDot(transaction, answers));
    if (result === 'silence') {
      await this.outwait(this.timeouts.finalDotMs);
      return this.ended(this.lost(answers, 'no answer to the final dot'));
    }
    return result === 'answered' ? this.answered(began, answers) : this.ended(result);
  }

  /** The connection stays open, and nothing comes. Whoever aborts meanwhile need not wait. */
  private async outwait(timeoutMs: number): Promise<void> {
    await Promise.race([this.process.timers.sleep(timeoutMs), this.closed]);
    this.close();
  }

  private leaves(what: 'mail' | 'content'): void {
    this.world.leaves({ what, sender: this.process.label, client: this.connection.client });
  }

  quit(): Promise<void> {
    this.ending = true;
    return this.arrive('QUIT', () => this.close());
  }

  abort(): void {
    this.ending = true;
    this.close();
  }

  /** The refusal of each recipient, or how the transaction ended before any was asked. */
  private envelope(transaction: MailTransaction): readonly (SmtpReply | undefined)[] | TransactionResult | 'silence' {
    if (!this.connection.open) return broken('mail', false);
    const refusal = this.world.mail(this.connection);
    if (this.world.faults.happens('silent_host')) return 'silence';
    if (refusal) return { kind: 'refused', phase: 'mail', reply: refusal };
    const answers = transaction.recipients.map((recipient) =>
      this.world.recipient(this.connection, recipient, this.process.alive),
    );
    if (!this.world.faults.happens('drop_before_dot')) return answers;
    this.close();
    return broken('data', true);
  }

  private finalDot(
    transaction: MailTransaction,
    refusals: readonly (SmtpReply | undefined)[],
  ): 'answered' | 'silence' | TransactionResult {
    if (!this.connection.open && this.process.alive) return broken('data', true);
    const { faults } = this.world;
    const lost = faults.happens('drop_after_dot');
    if (!lost) this.acceptAll(transaction, refusals);
    if (faults.happens('silent_host')) return 'silence';
    if (!lost && !faults.happens('accept_and_drop')) return 'answered';
    this.close();
    return this.lost(refusals, 'connection lost after the final dot');
  }

  private lost(refusals: readonly (SmtpReply | undefined)[], detail: string): TransactionResult {
    const refused = refusals.map((reply) => reply && { phase: 'rcpt' as const, reply, accepted: false });
    return { kind: 'unknown', detail, refused };
  }

  private acceptAll(transaction: MailTransaction, refusals: readonly (SmtpReply | undefined)[]): void {
    for (const [i, recipient] of transaction.recipients.entries()) {
      if (refusals[i] === undefined) this.world.accept(this.connection, recipient, this.process.alive);
    }
  }

  private answered(began: number, refusals: readonly (SmtpReply | undefined)[]): TransactionResult {
    const recipients = refusals.map(
      (reply): RecipientResult =>
        reply
          ? { phase: 'rcpt', reply, accepted: false }
          : { phase: 'final_dot', reply: REPLIES.accepted, accepted: true },
    );
    return { kind: 'answered', recipients, transactionMs: this.process.simulation.now - began };
  }

  private ended(result: TransactionResult): TransactionResult {
    if (!this.connection.open) this.settleClosed();
    return result;
  }

  private close(): void {
    this.world.close(this.connection);
    this.settleClosed();
  }

  private arrive<R>(what: string, effect: () => R): Promise<R> {
    const backMs = wire(this.random) + slowness(this.world, this.random);
    return this.process.call(`smtp ${what}`, wire(this.random), backMs, effect);
  }
}

function broken(phase: 'mail' | 'data', mailAnswered: boolean): TransactionResult {
  return { kind: 'broken', phase, detail: 'connection closed by the peer', mailAnswered };
}
