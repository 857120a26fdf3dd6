import type { Host } from '@penstock/events';
import type { Shaping } from '@penstock/policy';
import type { MailSession, TimerHandle, Timers } from '@penstock/ports';

/** A connection of a path to one of its sites. */
export interface Connection {
  readonly session: MailSession;
  readonly site: string;
  readonly host: Host;
  /** Monotonic ms. */
  readonly openedAt: number;
  readonly connectMs: number;
  transactions: number;
  /** Monotonic ms, while it is idle. */
  idleSince: number;
  state: 'busy' | 'idle' | 'closing';
}

/** Idle connections are closed before their server closes them. */
const MAX_IDLE_MS = 60_000;

/** Our end is closed before the receiver knows, and the receiver's count is the one that matters. */
const LINGER_MS = 25;

/** The path's connections. One counts from the walk that opens it until its socket is closed at both ends. */
export class Connections {
  /** Walks under way. */
  opening = 0;
  private readonly all = new Set<Connection>();
  /** By site; may still hold connections that are idle no more. */
  private readonly idleStacks = new Map<string, Connection[]>();
  /** No idle connection is due before, monotonic ms. */
  private nextDue = Number.POSITIVE_INFINITY;

  private readonly lingering = new Set<TimerHandle>();

  constructor(
    private readonly timers: Timers,
    private readonly closed: () => void,
  ) {}

  get size(): number {
    return this.all.size + this.opening;
  }

  add(connection: Connection): void {
    this.all.add(connection);
    void connection.session.closed.then(() => {
      connection.state = 'closing';
      const linger = this.timers.after(LINGER_MS, () => {
        this.lingering.delete(linger);
        this.all.delete(connection);
        this.closed();
      });
      this.lingering.add(linger);
    });
  }

  /** The idle connection of the site that was used last, so that surplus ones fall idle. */
  idleOf(site: string): Connection | undefined {
    const stack = this.idleStacks.get(site);
    for (let last = stack?.at(-1); last; last = stack?.at(-1)) {
      if (last.state === 'idle' && last.session.usable) return last;
      // Its peer has left while it was idle.
      if (last.state === 'idle') this.abort(last);
      stack?.pop();
    }
    this.idleStacks.delete(site);
    return undefined;
  }

  /** One connection per site that could start a transaction now. */
  *idle(): Iterable<Connection> {
    for (const site of this.idleStacks.keys()) {
      const connection = this.idleOf(site);
      if (connection) yield connection;
    }
  }

  /** `idleOf` or `idle` gave it: it is in use from here on. */
  use(connection: Connection): void {
    connection.state = 'busy';
    const stack = this.idleStacks.get(connection.site);
    if (stack?.at(-1) === connection) stack.pop();
  }

  /** After a transaction: idle again, unless it is used up. */
  release(connection: Connection, now: number, shaping: Shaping): void {
    if (connection.state === 'closing') return;
    connection.state = 'idle';
    connection.idleSince = now;
    if (!connection.session.usable) this.abort(connection);
    else if (this.spent(connection, now, shaping)) this.quit(connection);
    else {
      const stack = this.idleStacks.get(connection.site);
      if (stack) stack.push(connection);
      else this.idleStacks.set(connection.site, [connection]);
      this.nextDue = Math.min(this.nextDue, dueOf(connection, shaping));
    }
  }

  /** Closes what has been idle or open for too long, and surplus; answers when to look again, monotonic ms. */
  tidy(now: number, shaping: Shaping): number | undefined {
    if (now >= this.nextDue || this.size > shaping.connectionLimit) this.closeDue(now, shaping);
    return this.nextDue === Number.POSITIVE_INFINITY ? undefined : this.nextDue;
  }

  private closeDue(now: number, shaping: Shaping): void {
    this.nextDue = Number.POSITIVE_INFINITY;
    let surplus = this.opening - shaping.connectionLimit;
    for (const { state } of this.all) if (state !== 'closing') surplus++;
    for (const connection of this.all) {
      if (connection.state !== 'idle') continue;
      const due = dueOf(connection, shaping);
      if (!connection.session.usable) this.abort(connection);
      else if (due <= now || surplus-- > 0) this.quit(connection);
      else this.nextDue = Math.min(this.nextDue, due);
    }
  }

  quit(connection: Connection): void {
    connection.state = 'closing';
    void connection.session.quit();
  }

  async quitAll(): Promise<void> {
    const open = [...this.all];
    for (const connection of open) {
      if (connection.state === 'idle') this.quit(connection);
      else if (connection.state === 'busy') connection.session.abort();
    }
    await Promise.all(open.map(({ session }) => session.closed));
    for (const linger of this.lingering) linger.cancel();
    this.lingering.clear();
  }

  private spent(connection: Connection, now: number, shaping: Shaping): boolean {
    if (connection.transactions >= shaping.maxDeliveriesPerConnection) return true;
    return now - connection.openedAt >= shaping.maxConnectionAgeMs;
  }

  private abort(connection: Connection): void {
    connection.state = 'closing';
    connection.session.abort();
  }
}

function dueOf(connection: Connection, shaping: Shaping): number {
  const idleMs = Math.min(shaping.idleTimeoutMs, MAX_IDLE_MS);
  return Math.min(connection.idleSince + idleMs, connection.openedAt + shaping.maxConnectionAgeMs);
}
