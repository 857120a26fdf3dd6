import type { Shaping } from '@penstock/policy';
import type { PendingAttempt } from '../commands/pending-attempt.ts';
import type { AttemptQueue } from './attempt-queue.ts';
import type { Connection, Connections } from './connections.ts';

/** Transactions after which a connection makes room for a site of the same provider that has none. */
const TURN = 20;

export interface Turn {
  readonly attempt: PendingAttempt;
  /** None where one has to be opened. */
  readonly connection?: Connection;
}

export interface Circumstances {
  /** Monotonic ms. */
  readonly now: number;
  readonly shaping: Shaping;
  /** Whether transactions may follow each other on a connection. */
  readonly mayFollow: boolean;
  mayOpen(): boolean;
}

/** Who goes next, `head` or another, and over which connection; nobody where all have to wait. */
export function chooseTurn(
  head: PendingAttempt,
  queue: AttemptQueue,
  connections: Connections,
  { now, shaping, mayFollow, mayOpen }: Circumstances,
): Turn | undefined {
  const { site } = head.command.body;
  // Where it is replaced, an idle connection has died under it already: what it needs now is a fresh one.
  const own = head.replaced ? undefined : connections.availableFor(site, mayFollow, now, shaping);
  if (own) return { attempt: head, connection: own };
  if (mayOpen()) return { attempt: head };
  const isFull = connections.size >= shaping.connectionLimit;
  const distant = isFull && mayFollow && !head.replaced ? connections.distantFor(site, now, shaping) : undefined;
  if (distant) return { attempt: head, connection: distant };
  let surplus: Connection | undefined;
  for (const connection of connections.idle()) {
    const attempt = connection.transactions < TURN ? queue.peek(connection.site) : undefined;
    if (attempt && !attempt.replaced) return { attempt, connection };
    surplus ??= connection;
  }
  if (surplus && isFull) connections.quit(surplus);
  return undefined;
}
