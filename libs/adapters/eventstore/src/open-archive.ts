import { type Archive, ArchiveUnavailableError, type Telemetry } from '@penstock/ports';
import { Connection } from './connection.ts';
import { StreamArchive } from './stream-archive.ts';

export interface EventStoreOptions {
  /** As EventStoreDB writes it: `esdb://user:password@host:2113?tls=true`, or `esdb+discover://` for a cluster. */
  readonly connectionString: string;
  readonly telemetry: Telemetry;
  /** Longest one call may take before the connection is given up, ms. */
  readonly timeoutMs?: number;
  /** How often a call is tried, each time over a connection of its own, before it is rejected. */
  readonly tries?: number;
  /** Wait before the second try, ms; each further one waits twice as long. */
  readonly retryMs?: number;
  /** Name of the stream that keeps the positions reached. */
  readonly positionsStream?: string;
}

export interface EventStoreArchive extends Archive {
  /** What is under way is rejected. */
  close(): Promise<void>;
}

/**
 * The archive in EventStoreDB. Connects with the first call and again whenever a connection is lost, so that a server
 * that is away when the process starts is only late.
 *
 * At most one may be open in a process at a time: the client keeps the appends of all its instances in one table, and
 * an instance that loses its connection rejects those of the others too.
 *
 * @throws TypeError if the connection string is not one; it does not repeat the string, which may hold a password
 */
export async function openEventStoreArchive(options: EventStoreOptions): Promise<EventStoreArchive> {
  const { timeoutMs = 10_000, tries = 3, retryMs = 200, positionsStream = 'penstock-positions' } = options;
  const connection = new Connection(options.connectionString, options.telemetry, { timeoutMs, tries, retryMs });
  await shortenPositions(connection, positionsStream, options.telemetry);
  return new StreamArchive(connection, positionsStream);
}

/** Only the last event of the stream of positions is ever read: the server may forget the others. */
async function shortenPositions(connection: Connection, stream: string, telemetry: Telemetry): Promise<void> {
  try {
    await connection.once('setStreamMetadata', (client) => client.setStreamMetadata(stream, { maxCount: 10 }));
  } catch (error) {
    const reason = error instanceof ArchiveUnavailableError ? 'unavailable' : String(error);
    telemetry.log('warn', 'archive_positions_kept', { stream, reason });
  }
}
