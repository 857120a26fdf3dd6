import type { SmtpReply } from '@penstock/events';
import {
  type ConnectTarget,
  type MailSession,
  type MailTransaction,
  type MailTransport,
  type RecipientResult,
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
    connect: async (target) => {
      world.leaves({ what: 'connect', sender: process.label, client: target.ehlo });
      const connection = await process.call(`connect ${target.host}`, wire(random), wire(random), () =>
        accept(process, world, target),
      );
      return new SimulatedSession(process, world, connection, random);
    },
  };
}

/** One way over the network, ms. */
function wire(random: SeededRandom): number {
  return latency(random, 8, 200);
}

function accept(process: SimulatedProcess, world: MailWorld, target: ConnectTarget): WorldConnection {
  const site = world.sites.ofAddress(target.address);
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
    if ('kind' in answers) return this.ended(answers);
    if (answers.every((answer) => answer !== undefined)) return this.answered(began, answers);
    if (transaction.mayFinish?.() === false) {
      this.abort();
      return { kind: 'withdrawn' };
    }
    this.leaves('content');
    const late = this.world.faults.happens('slow_host') ? this.random.between(100, 5_000) : 0;
    const result = await this.arrive('DATA', () => this.finalDot(transaction, answers), late);
    return result === 'answered' ? this.answered(began, answers) : this.ended(result);
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
  private envelope(transaction: MailTransaction): readonly (SmtpReply | undefined)[] | TransactionResult {
    if (!this.connection.open) return broken('mail', false);
    const refusal = this.world.mail(this.connection);
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
  ): 'answered' | TransactionResult {
    if (!this.connection.open && this.process.alive) return broken('data', true);
    const { faults } = this.world;
    const lost = faults.happens('drop_after_dot');
    if (!lost) this.acceptAll(transaction, refusals);
    if (!lost && !faults.happens('accept_and_drop')) return 'answered';
    this.close();
    const refused = refusals.map((reply) => reply && { phase: 'rcpt' as const, reply, accepted: false });
    return { kind: 'unknown', detail: 'connection lost after the final dot', refused };
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

  private arrive<R>(what: string, effect: () => R, lateMs = 0): Promise<R> {
    return this.process.call(`smtp ${what}`, wire(this.random) + lateMs, wire(this.random), effect);
  }
}

function broken(phase: 'mail' | 'data', mailAnswered: boolean): TransactionResult {
  return { kind: 'broken', phase, detail: 'connection closed by the peer', mailAnswered };
}
