import { messagePace, type Shaping } from '@penstock/policy';
import type { MailTransaction } from '@penstock/ports';
import { lastStart, type PendingAttempt } from '../commands/pending-attempt.ts';
import { loadTransaction } from '../content/transaction-content.ts';
import type { Waiting } from '../outcomes/in-flight.ts';
import type { Departure } from '../ownership/succession.ts';
import { AttemptQueue } from './attempt-queue.ts';
import { type Connection, Connections } from './connections.ts';
import { guardedSend } from './guarded-send.ts';
import { PolicyPace } from './pace.ts';
import { PathDeparture } from './path-departure.ts';
import type { PathIdentity, PathOffice } from './path-office.ts';
import { PathRest } from './path-rest.ts';
import { concludeTransaction, concludeWalk, concludeWithoutContent, type PathFate } from './path-results.ts';
import { PathShaping } from './path-shaping.ts';
import { chooseTurn } from './turn.ts';
import { WakeUp } from './wake-up.ts';
import { Walks } from './walks.ts';

/** An attempt with its connection and its bytes: only a token is missing. */
interface Ready {
  readonly attempt: PendingAttempt;
  readonly connection: Connection;
  readonly transaction: MailTransaction;
}

/** Attempts get their connection at most this long before their token is due. */
const LOOKAHEAD_MS = 1000;
/** A path that did nothing is looked at again after this, to be forgotten. */
const QUIET_MS = 60_000;

/** One (source, site) or (source, provider): its queue, connections and pace, exactly, where the sockets are. */
export class Path implements Waiting, PathFate {
  readonly rest: PathRest;
  private readonly queue = new AttemptQueue();
  private readonly connections: Connections;
  private readonly ready: Ready[] = [];
  private readonly messages: PolicyPace;
  private readonly connects: PolicyPace;
  private readonly limits: PathShaping;
  private readonly wakeUp: WakeUp;
  private readonly walks: Walks;
  private departure: PathDeparture | undefined;

  constructor(
    readonly office: PathOffice,
    readonly identity: PathIdentity,
    throttle?: { readonly step: number; readonly until: number },
  ) {
    this.limits = new PathShaping(identity.key);
    this.rest = new PathRest(office, identity, throttle);
    this.connections = new Connections(office.timers, () => this.resume());
    this.wakeUp = new WakeUp(office.clock, office.timers, () => this.resume());
    const pacedSince = office.sources.pacedSince(identity.source);
    this.messages = new PolicyPace(pacedSince);
    this.connects = new PolicyPace(pacedSince);
    this.walks = new Walks(office, identity, this.connects, () => this.mayBegin());
  }

  get openConnections(): number {
    return this.connections.size;
  }

  accept(attempt: PendingAttempt): void {
    if (this.rest.resting) this.rest.turnAway(attempt);
    else this.queue.push(attempt);
  }

  /** Starts what can start now, and sees to it that this is called again when more can. */
  resume(): void {
    if (this.departure) {
      this.handBackQueued();
      this.departure.goOn();
      return;
    }
    const now = this.office.clock.monotonic();
    const shaping = this.shaping();
    this.messages.follow(messagePace(shaping), now);
    this.connects.follow(shaping.maxConnectionRate, now);
    this.sendReady(now, shaping);
    if (!this.rest.resting && this.mayBegin()) this.assign(now, shaping);
    this.tidy(now, shaping);
  }

  /** Nothing that waits here will start. */
  handBackQueued(): void {
    for (const attempt of this.queue.drain()) this.office.settlement.handBack(attempt, 'shutdown');
    for (const { attempt, connection } of this.ready.splice(0)) {
      this.office.settlement.handBack(attempt, 'shutdown');
      this.release(connection);
    }
  }

  /** The process ends: nothing starts any more. */
  startNothing(): void {
    this.walks.end();
    this.handBackQueued();
  }

  /** Resolves when every socket is closed; transactions under way are cut. */
  async close(): Promise<void> {
    this.wakeUp.cancel();
    await this.connections.quitAll();
  }

  /** The source is given up: nothing starts any more. Resolves when every socket is closed. */
  leave(departure: Departure): Promise<void> {
    this.wakeUp.cancel();
    this.walks.end();
    this.departure = new PathDeparture(this.connections, this.office.timers, departure);
    this.resume();
    return this.departure.gone;
  }

  /** Everything that has not started goes to rest with the attempt that met the trouble. */
  takeWaiting(): readonly PendingAttempt[] {
    const ready = this.ready.splice(0);
    for (const { connection } of ready) this.release(connection);
    return [...this.queue.drain(), ...ready.map(({ attempt }) => attempt)];
  }

  /** Its connection died or was ended before it could start: another one, once. */
  putBack(attempt: PendingAttempt): void {
    attempt.replaced = true;
    attempt.stage = 'queued';
    attempt.counted = false;
    this.office.inFlight.finish(attempt.deliveries.length);
    if (!this.mayBegin()) this.office.settlement.handBack(attempt, 'shutdown');
    else if (this.rest.resting) this.rest.turnAway(attempt);
    else if (this.late(attempt)) this.office.settlement.handBack(attempt, 'not_started');
    else this.queue.putBack(attempt);
  }

  private mayBegin(): boolean {
    return !this.office.stopping && !this.departure && this.office.sources.mayStart(this.identity.source);
  }

  private shaping(): Shaping {
    return this.limits.under(this.office.policy());
  }

  private late({ command }: PendingAttempt): boolean {
    return this.office.clock.now() > lastStart(command);
  }

  private assign(now: number, shaping: Shaping): void {
    for (let head = this.queue.peek(); head; head = this.queue.peek()) {
      const tokenMs = this.messages.waitForMs(this.ready.length, now);
      if (tokenMs > LOOKAHEAD_MS) {
        this.wakeUp.at(now + tokenMs - LOOKAHEAD_MS);
        return;
      }
      const chosen = chooseTurn(head, this.queue, this.connections, {
        now,
        shaping,
        mayFollow: this.mayFollow(shaping),
        mayOpen: () => this.mayOpen(now, shaping),
      });
      if (!chosen || !this.start(chosen.attempt)) return;
      if (chosen.connection) this.use(chosen.connection, chosen.attempt);
      else void this.open(chosen.attempt, shaping);
    }
  }

  /** Where messages are paced, each leaves at its own time; after a rest one at a time shows whether all is well. */
  private mayFollow(shaping: Shaping): boolean {
    return messagePace(shaping) === undefined && !this.rest.onProbation;
  }

  private mayOpen(now: number, shaping: Shaping): boolean {
    if (this.connections.size >= (this.rest.onProbation ? 1 : shaping.connectionLimit)) return false;
    const waitMs = this.connects.waitForMs(this.connections.opening, now);
    if (waitMs <= LOOKAHEAD_MS) return true;
    this.wakeUp.at(now + waitMs - LOOKAHEAD_MS);
    return false;
  }

  private start(attempt: PendingAttempt): boolean {
    if (!this.office.inFlight.start(attempt.deliveries.length, this)) return false;
    this.queue.take(attempt);
    attempt.stage = 'started';
    attempt.counted = true;
    return true;
  }

  private async open(attempt: PendingAttempt, shaping: Shaping): Promise<void> {
    const { office, identity, rest } = this;
    const { era } = rest;
    const startedAt = office.clock.monotonic();
    this.connections.opening++;
    const walked = await this.walks.begin(attempt, shaping);
    this.connections.opening--;
    if (walked.kind === 'session') {
      const { session, host, connectMs } = walked;
      office.sources.reachable(identity.source);
      const { site } = attempt.command.body;
      const openedAt = office.clock.monotonic();
      this.use(this.connections.add({ session, site, host, openedAt, connectMs }), attempt);
      return;
    }
    const connectMs = office.clock.monotonic() - startedAt;
    const timings = { queuedMs: startedAt - attempt.queuedAt, connectMs };
    if (this.walks.ended) office.settlement.handBack(attempt, 'shutdown');
    else concludeWalk(this, attempt, walked, { era, timings });
    this.resume();
  }

  private use(connection: Connection, attempt: PendingAttempt): void {
    this.connections.use(connection);
    void this.prepare(connection, attempt);
  }

  private async prepare(connection: Connection, attempt: PendingAttempt): Promise<void> {
    const loaded = await loadTransaction(attempt, this.office);
    if (loaded.kind === 'content') this.ready.push({ attempt, connection, transaction: loaded.transaction });
    else {
      concludeWithoutContent(this, attempt, loaded.kind);
      this.release(connection);
    }
    this.resume();
  }

  private sendReady(now: number, shaping: Shaping): void {
    for (let next = this.ready[0]; next; next = this.ready[0]) {
      if (this.mayStart(next)) {
        const waitMs = this.messages.take(now);
        if (waitMs > 0) {
          this.wakeUp.at(now + waitMs);
          return;
        }
        this.ready.shift();
        void this.transact(next, now, shaping);
      } else {
        this.ready.shift();
        this.release(next.connection);
      }
    }
  }

  /** As soon as there is a token; else it is taken care of. */
  private mayStart({ attempt, connection }: Ready): boolean {
    const { settlement } = this.office;
    if (!this.mayBegin()) settlement.handBack(attempt, 'shutdown');
    else if (this.rest.resting) this.rest.turnAway(attempt);
    else if (this.late(attempt)) settlement.handBack(attempt, 'not_started');
    else if (connection.transactions > 0 && !connection.session.usable) this.putBack(attempt);
    else return true;
    return false;
  }

  private async transact({ attempt, connection, transaction }: Ready, now: number, shaping: Shaping): Promise<void> {
    const { era } = this.rest;
    const first = connection.transactions++ === 0;
    const timings = { queuedMs: now - attempt.queuedAt, ...(first ? { connectMs: connection.connectMs } : {}) };
    const { session } = connection;
    const mayBegin = () => {
      if (!this.mayStart({ attempt, connection, transaction })) return false;
      this.office.limits.begin(attempt.command, session);
      return true;
    };
    const mayFinish = () => this.mayFinish(attempt);
    const asked = { ...transaction, mayBegin, mayFinish, mayLeaveWhole: this.mayFollow(shaping) };
    const result = await guardedSend(session, asked, this.office.telemetry, this.identity.key);
    this.office.limits.end(attempt.command, session);
    if (result.kind === 'answered') this.connections.took(connection, result.transactionMs);
    const isCut = this.departure?.isCut || !this.office.sources.maySend(this.identity.source);
    if (result.kind === 'broken' && isCut) this.office.settlement.handBack(attempt, 'shutdown');
    else if (result.kind !== 'withdrawn')
      concludeTransaction(this, attempt, result, { era, timings, connection, reused: !first });
    this.connections.release(connection, this.office.clock.monotonic(), shaping);
    this.resume();
  }

  /** Whether the content may leave; else it is taken care of. */
  private mayFinish(attempt: PendingAttempt): boolean {
    if (this.office.sources.maySend(this.identity.source)) return true;
    this.office.settlement.handBack(attempt, 'shutdown');
    return false;
  }

  private release(connection: Connection): void {
    this.connections.release(connection, this.office.clock.monotonic(), this.shaping());
  }

  private tidy(now: number, shaping: Shaping): void {
    if (this.office.stopping) return;
    const next = this.connections.tidy(now, shaping);
    if (next !== undefined) this.wakeUp.at(next);
    if (this.connections.size > 0 || this.ready.length > 0 || this.queue.peek()) return;
    if (!this.rest.resting && this.messages.full(now) && this.connects.full(now)) {
      this.wakeUp.cancel();
      this.office.forget(this);
    } else this.wakeUp.at(now + QUIET_MS);
  }
}
