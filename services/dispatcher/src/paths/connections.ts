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
    let best: Connection | undefined;
    for (const connection of this.idle()) {
      if (connection.site === site && (!best || connection.idleSince > best.idleSince)) best = connection;
    }
    return best;
  }

  /** Connections that could start a transaction now; those whose peer has left are let go. */
  *idle(): Iterable<Connection> {
    for (const connection of this.all) {
      if (connection.state !== 'idle') continue;
      if (connection.session.usable) yield connection;
      else this.abort(connection);
    }
  }

  /** After a transaction: idle again, unless it is used up. */
  release(connection: Connection, now: number, shaping: Shaping): void {
    if (connection.state === 'closing') return;
    connection.state = 'idle';
    connection.idleSince = now;
    if (!connection.session.usable) this.abort(connection);
    else if (this.spent(connection, now, shaping)) this.quit(connection);
  }

  /** Closes what has been idle or open for too long, and surplus; answers when to look again, monotonic ms. */
  tidy(now: number, shaping: Shaping): number | undefined {
    const idleMs = Math.min(shaping.idleTimeoutMs, MAX_IDLE_MS);
    let next: number | undefined;
    for (const connection of this.idle()) {
      const due = Math.min(connection.idleSince + idleMs, connection.openedAt + shaping.maxConnectionAgeMs);
      if (due <= now || this.size > shaping.connectionLimit) this.quit(connection);
      else next = Math.min(next ?? due, due);
    }
    return next;
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
