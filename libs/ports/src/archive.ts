import type { LogRecord } from '@penstock/events';

/**
 * The facts of one thing in their order: one stream per delivery, and `message-<id>` with a message's deliveries.
 * Appending an event id a stream already has is nothing.
 */
export interface Archive {
  /** Atomic together with the positions reached. */
  append(entries: readonly ArchiveEntry[], positions: ReadonlyMap<string, number>): Promise<void>;
  positions(): Promise<ReadonlyMap<string, number>>;
  /** Events of the stream from revision `from` on, at most `limit`; empty for an unknown stream. */
  read(stream: string, from: number, limit: number): Promise<readonly ArchivedEvent[]>;
}

export interface ArchiveEntry {
  readonly stream: string;
  /** Deterministic, unique within the stream. */
  readonly eventId: string;
  readonly type: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** A LogRecord or DeliveryListed as JSON: whoever has the text of a record need not make it again. */
  readonly json: string;
}

/** An entry of `message-<id>`: the message has this delivery. */
export interface DeliveryListed {
  readonly type: 'delivery_listed';
  readonly deliveryId: string;
  readonly tenant: string;
  readonly domain: string;
}

export interface ArchivedEvent {
  /** Ordinal within the stream, from 0. */
  readonly revision: number;
  readonly eventId: string;
  readonly type: string;
  readonly at: number;
  readonly data: LogRecord | DeliveryListed;
}

/** The archive cannot be reached, or does not answer: what was to be appended may be appended again later. */
export class ArchiveUnavailableError extends Error {
  override readonly name = 'ArchiveUnavailableError';
}
