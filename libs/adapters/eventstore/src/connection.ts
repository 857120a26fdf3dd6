import { ErrorType, EventStoreDBClient, isCommandError } from '@eventstore/db-client';
import { ArchiveUnavailableError, type Telemetry } from '@penstock/ports';

export interface Patience {
  /** Longest one call may take, ms. */
  readonly timeoutMs: number;
  readonly tries: number;
  /** Wait before the second try, ms; doubles. */
  readonly retryMs: number;
}

/** What the server says about the call itself: another connection would hear the same. */
const ANSWERS: ReadonlySet<string> = new Set([
  ErrorType.WRONG_EXPECTED_VERSION,
  ErrorType.STREAM_NOT_FOUND,
  ErrorType.STREAM_DELETED,
  ErrorType.ACCESS_DENIED,
  ErrorType.INVALID_ARGUMENT,
  ErrorType.INVALID_TRANSACTION,
  ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED,
  ErrorType.MISSING_REQUIRED_METADATA_PROPERTY,
  ErrorType.UNSUPPORTED,
]);

/** The kind of answer, or undefined where the call has none. */
export function answerOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !isCommandError(error)) return undefined;
  const { type } = error;
  return ANSWERS.has(type) ? type : undefined;
}

/**
 * One client at a time. The client itself reconnects only after some errors, remembers a failed enquiry for the
 * server's features for ever, and waits without end for an answer whose stream ended without an error; so every call
 * has a deadline here, and whatever is not an answer of the server ends the client: the next try begins with a new one,
 * after the former is done with, because all instances share one table of unanswered appends.
 */
export class Connection {
  private client: Promise<EventStoreDBClient>;
  private reachable = true;
  private closed = false;

  constructor(
    private readonly connectionString: string,
    private readonly telemetry: Telemetry,
    private readonly patience: Patience,
  ) {
    this.client = Promise.resolve(this.connect());
  }

  /**
   * @throws the server's answer as the client's error, see `answerOf`
   * @throws ArchiveUnavailableError if no try had an answer, or `close` was called
   */
  async run<T>(what: string, call: (client: EventStoreDBClient) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(what, call);
      } catch (error) {
        if (answerOf(error) !== undefined || this.closed || attempt >= this.patience.tries) throw error;
        await new Promise((resolve) => setTimeout(resolve, this.patience.retryMs * 2 ** (attempt - 1)));
      }
    }
  }

  /** As `run`, with a single try. */
  async once<T>(what: string, call: (client: EventStoreDBClient) => Promise<T>): Promise<T> {
    if (this.closed) throw new ArchiveUnavailableError(`EventStoreDB: ${what}: the archive is closed`);
    const current = this.client;
    const client = await current;
    try {
      const result = await this.inTime(call(client));
      // A client that another call has ended meanwhile ends its reads without an error, as if there were no more.
      if (this.client !== current) throw new Error('the connection was given up meanwhile');
      this.note(true);
      return result;
    } catch (error) {
      if (answerOf(error) !== undefined) throw error;
      this.note(false, error);
      await this.replace(current);
      throw new ArchiveUnavailableError(`EventStoreDB: ${what}: ${reasonOf(error)}`);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await end(await this.client);
  }

  private connect(): EventStoreDBClient {
    try {
      return EventStoreDBClient.connectionString(this.connectionString);
    } catch {
      // The client's own message shows a piece of the string.
      throw new TypeError('the connection string of EventStoreDB is not of the form esdb://host:2113?tls=true');
    }
  }

  /** By the first of the calls that failed over it; the others wait for the same successor. */
  private async replace(failed: Promise<EventStoreDBClient>): Promise<void> {
    if (this.client === failed && !this.closed) {
      this.client = failed.then(async (client) => {
        await end(client);
        return this.connect();
      });
    }
    await this.client;
  }

  private async inTime<T>(call: Promise<T>): Promise<T> {
    const { timeoutMs } = this.patience;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      return await Promise.race([call, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tells when it changes, not with every call. */
  private note(reachable: boolean, error?: unknown): void {
    if (this.reachable === reachable || this.closed) return;
    this.reachable = reachable;
    if (reachable) this.telemetry.log('info', 'archive_reachable');
    else this.telemetry.log('warn', 'archive_unreachable', { reason: reasonOf(error) });
  }
}

/** What of the client is its own business, and is needed to be done with it. */
interface Inside {
  readonly disposableStreams: ReadonlySet<{ readonly readableEnded?: boolean; destroy(): void }>;
  getChannel(): Promise<{ close(): void }>;
}

/** Longest the client may take to cancel its calls, ms. */
const GOODBYE_MS = 1_000;

/**
 * Cancels what is under way and closes the channel, which the client leaves open. A stream that the server has ended
 * cannot be cancelled, and the client would wait for it without end.
 */
async function end(client: EventStoreDBClient): Promise<void> {
  const inside = client as unknown as Inside;
  for (const stream of inside.disposableStreams) if (stream.readableEnded) stream.destroy();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, GOODBYE_MS);
  });
  await Promise.race([client.dispose(), late]);
  clearTimeout(timer);
  inside.getChannel().then(
    (channel) => channel.close(),
    () => undefined,
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
