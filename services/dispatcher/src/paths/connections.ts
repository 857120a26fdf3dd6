import type { Host } from '@penstock/events';
import type { Shaping } from '@penstock/policy';
import type { MailSession, TimerHandle, Timers } from '@penstock/ports';

/** What a walk to one of the path's sites brought. */
export interface OpenedConnection {
  readonly session: MailSession;
  readonly site: string;
  readonly host: Host;
  /** Monotonic ms. */
  readonly openedAt: number;
  readonly connectMs: number;
}

/** A connection of a path to one of its sites. */
export interface Connection extends OpenedConnection {
  transactions: number;
  /** Attempts that were given it; those that have not begun are in this number only. */
  assigned: number;
  /** Attempts that have it and are not over: one, and those that follow. */
  claims: number;
  /** How long its host takes for a transaction, ms, smoothed; unknown before the first one. */
  transactionMs: number | undefined;
  /** Monotonic ms, while it is idle. */
  idleSince: number;
  state: 'busy' | 'idle' | 'closing';
}

/**
 * Transactions follow each other on their connection, rather than going over an idle one, where all of them are over
 * within about this: what little they wait is paid back by the packets that are saved.
 */
const NEAR_MS = 25;
/** At most, with the one they follow. */
const MOST_IN_A_ROW = 8;
/** The same at a host that is too far for that: what leaves whole is in doubt for as long as it takes to answer. */
const MOST_IN_A_ROW_FAR = 4;

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
  /** By site, those in use that another transaction could follow on; may hold others. */
  private readonly followable = new Map<string, Set<Connection>>();
  /** The same for those whose host is too far for that, but takes transactions whole. */
  private readonly distant = new Map<string, Set<Connection>>();
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

  add(opened: OpenedConnection): Connection {
    const life = {
      transactions: 0,
      assigned: 0,
      claims: 0,
      transactionMs: undefined,
      idleSince: 0,
      state: 'busy' as const,
    };
    const connection: Connection = { ...opened, ...life };
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
    return connection;
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

  /** A connection for the site's next transaction: behind one that is soon over where it may follow, else idle. */
  availableFor(site: string, mayFollow: boolean, now: number, shaping: Shaping): Connection | undefined {
    return (mayFollow ? this.openPlace(this.followable, site, now, shaping) : undefined) ?? this.idleOf(site);
  }

  /** Where no connection can be opened any more: the next in turn whose host takes transactions whole. */
  distantFor(site: string, now: number, shaping: Shaping): Connection | undefined {
    return this.openPlace(this.distant, site, now, shaping);
  }

  /** A transaction on it took so long, ms. */
  took(connection: Connection, ms: number): void {
    const before = connection.transactionMs ?? ms;
    connection.transactionMs = before + (ms - before) / 8;
  }

  /** `availableFor` or `idle` gave it: it is in use from here on. */
  use(connection: Connection): void {
    connection.state = 'busy';
    connection.assigned++;
    connection.claims++;
    this.offerPlace(connection);
    const stack = this.idleStacks.get(connection.site);
    if (stack?.at(-1) === connection) stack.pop();
  }

  /** After a transaction: idle again, unless it is used up. */
  release(connection: Connection, now: number, shaping: Shaping): void {
    connection.claims--;
    if (connection.state === 'closing') return;
    if (connection.claims > 0) {
      this.offerPlace(connection);
      return;
    }
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

  /** Closes those that are idle: with a farewell, or without a word. */
  closeIdle(silently: boolean): void {
    for (const connection of this.all) {
      if (connection.state !== 'idle') continue;
      if (silently) this.abort(connection);
      else this.quit(connection);
    }
  }

  /** Closes all, whatever is under way on them. */
  abortAll(): void {
    for (const connection of this.all) if (connection.state !== 'closing') this.abort(connection);
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

  /** It is in use, and another transaction may follow. */
  private offerPlace(connection: Connection): void {
    if (!hasPlace(connection)) return;
    const { site } = connection;
    const places = isNear(connection) ? this.followable : this.distant;
    if (places === this.distant && !connection.session.takesWhole) return;
    const inUse = places.get(site);
    if (!inUse) {
      places.set(site, new Set([connection]));
      return;
    }
    // Near ones are filled one after the other, to share packets; distant ones take turns.
    if (places === this.distant) inUse.delete(connection);
    inUse.add(connection);
  }

  private openPlace(places: Map<string, Set<Connection>>, site: string, now: number, shaping: Shaping) {
    const inUse = places.get(site);
    for (const connection of inUse ?? []) {
      const isOpen = connection.state === 'busy' && connection.session.usable && hasPlace(connection);
      const fits = isOpen && isNear(connection) === (places === this.followable);
      if (fits && !this.spent(connection, now, shaping)) return connection;
      inUse?.delete(connection);
    }
    places.delete(site);
    return undefined;
  }

  private spent(connection: Connection, now: number, shaping: Shaping): boolean {
    if (connection.assigned >= shaping.maxDeliveriesPerConnection) return true;
    return now - connection.openedAt >= shaping.maxConnectionAgeMs;
  }

  private abort(connection: Connection): void {
    connection.state = 'closing';
    connection.session.abort();
  }
}

function hasPlace({ session, transactionMs, claims }: Connection): boolean {
  if (!session.takesFollowers || transactionMs === undefined) return false;
  return claims < (transactionMs <= NEAR_MS ? MOST_IN_A_ROW : MOST_IN_A_ROW_FAR);
}

function isNear({ session, transactionMs = 0, claims }: Connection): boolean {
  // What leaves whole does not wait for the answers to those before it.
  return transactionMs * (session.takesWhole ? 1 : claims) <= NEAR_MS;
}

function dueOf(connection: Connection, shaping: Shaping): number {
  const idleMs = Math.min(shaping.idleTimeoutMs, MAX_IDLE_MS);
  return Math.min(connection.idleSince + idleMs, connection.openedAt + shaping.maxConnectionAgeMs);
}
