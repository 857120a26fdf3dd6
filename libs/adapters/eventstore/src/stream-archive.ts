import {
  type AppendExpectedRevision,
  BACKWARDS,
  END,
  ErrorType,
  type EventStoreDBClient,
  type JSONEventData,
  type JSONEventType,
  jsonEvent,
  NO_STREAM,
  type ReadStreamOptions,
  type RecordedEvent,
} from '@eventstore/db-client';
import type { Archive, ArchivedEvent, ArchiveEntry } from '@penstock/ports';
import { answerOf, type Connection } from './connection.ts';
import { eventUuid } from './event-identity.ts';
import { KnownStreams } from './known-streams.ts';

/**
 * Streams appended to at once. The client queues what exceeds 16 unsent writes, and where the connection is lost over
 * such a queue it leaves a rejection that nobody can handle: fewer than that never queue.
 */
const AT_ONCE = 12;
/** Of one append to a stream, in characters and events; a server refuses more than 1 MiB unless told otherwise. */
const APPEND_CHARS = 200_000;
const APPEND_EVENTS = 200;
/** Another writer of the same stream may come between reading and appending; it never has more than a batch. */
const ROUNDS = 20;
const PAGE = 500;

/** Beside the data, which is the record itself. */
interface Metadata {
  readonly eventId: string;
  readonly at: number;
}

/** Of the stream of positions. */
type Positions = Readonly<Record<string, number>>;

interface Proposed {
  readonly uuid: string;
  readonly entry: ArchiveEntry;
  readonly json: string;
}

/**
 * One stream of EventStoreDB for each of ours, revision by revision.
 *
 * The port asks for entries and positions in one transaction, and EventStoreDB has none over two streams. What takes
 * its place: every entry is in its stream before the positions are written, and appending an entry again is nothing.
 * A process that ends in between is followed by one that reads the log from the older positions and appends the same
 * entries to no effect; a reader may meanwhile see entries beyond the positions, which it may at any time.
 *
 * That a repeat is nothing rests on two things. Event ids are derived from ours, and every append names the revision
 * it expects: by that the server tells a repeat of the last append from a new one however long ago it was (with `any`
 * it would only know recent ones). And an append that meets another revision than expected reads which events the
 * stream has and goes on after them with those it lacks. An append whose answer was lost is tried again as it was.
 */
export class StreamArchive implements Archive {
  private readonly known = new KnownStreams();

  constructor(
    private readonly connection: Connection,
    private readonly positionsStream: string,
  ) {}

  /**
   * @throws ArchiveUnavailableError if the server could not be reached; some of the entries may be there
   * @throws Error if the server refuses, with its reason: access denied, stream deleted
   */
  async append(entries: readonly ArchiveEntry[], positions: ReadonlyMap<string, number>): Promise<void> {
    // Everything of ours that can fail comes first: what is missing in an entry leaves nothing behind.
    const streams = [...gathered(entries)];
    const lanes = Array.from({ length: Math.min(AT_ONCE, streams.length) }, () => this.appendEach(streams));
    const settled = await Promise.allSettled(lanes);
    for (const lane of settled) if (lane.status === 'rejected') throw lane.reason;
    if (positions.size > 0) await this.writePositions(positions);
  }

  async positions(): Promise<ReadonlyMap<string, number>> {
    const { positions } = await this.readPositions();
    return new Map(Object.entries(positions));
  }

  async read(stream: string, from: number, limit: number): Promise<readonly ArchivedEvent[]> {
    if (limit <= 0) return [];
    const events = await this.events(stream, { fromRevision: BigInt(Math.max(0, from)), maxCount: limit });
    return events.map(({ revision, type, data, metadata }) => {
      const { eventId, at } = metadata as unknown as Metadata;
      return { revision: Number(revision), eventId, type, at, data: data as unknown as ArchivedEvent['data'] };
    });
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** Takes streams off the list until it is empty, or one fails: then the others stop too. */
  private async appendEach(streams: (readonly [string, readonly Proposed[]])[]): Promise<void> {
    for (let next = streams.pop(); next; next = streams.pop()) {
      try {
        await this.appendTo(...next);
      } catch (error) {
        streams.length = 0;
        throw error;
      }
    }
  }

  private async appendTo(name: string, proposed: readonly Proposed[]): Promise<void> {
    let left = proposed;
    for (let round = 0; round < ROUNDS; round++) {
      const { ids, next } = this.known.of(name);
      left = left.filter(({ uuid }) => !ids.has(uuid));
      if (left.length === 0) return;
      const part = firstPart(left);
      const expected = next === 0 ? NO_STREAM : BigInt(next - 1);
      if (await this.appendExpecting(name, expected, part.map(eventOf))) {
        this.known.learn(
          name,
          part.map(({ uuid }) => uuid),
          next + part.length,
        );
        // What was appended is no round lost.
        round = -1;
      } else {
        // What was learnt and is not so either is of a server that has lost something: it is asked from the start.
        if (round > 0) this.known.forget(name);
        await this.learn(name);
      }
    }
    throw new Error(`EventStoreDB: stream ${name} changed ${ROUNDS} times while it was appended to`);
  }

  /** False where the stream is not as expected. */
  private async appendExpecting(
    stream: string,
    expectedRevision: AppendExpectedRevision,
    events: readonly JSONEventData[],
  ): Promise<boolean> {
    const call = (client: EventStoreDBClient) => client.appendToStream(stream, [...events], { expectedRevision });
    try {
      await this.connection.run(`append to ${stream}`, call);
      return true;
    } catch (error) {
      if (answerOf(error) === ErrorType.WRONG_EXPECTED_VERSION) return false;
      throw refusal(error, `append to ${stream}`);
    }
  }

  /** Which events the stream has. */
  private async learn(name: string): Promise<void> {
    for (let next = this.known.of(name).next; ; ) {
      const events = await this.events(name, { fromRevision: BigInt(next), maxCount: PAGE });
      const last = events.at(-1);
      if (last) next = Number(last.revision) + 1;
      this.known.learn(
        name,
        events.map(({ id }) => id),
        next,
      );
      if (events.length < PAGE) return;
    }
  }

  private async writePositions(reached: ReadonlyMap<string, number>): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const { positions, revision } = await this.readPositions();
      const data: Positions = { ...positions, ...Object.fromEntries(reached) };
      const expected = revision ?? NO_STREAM;
      // The same positions after the same revision are the same event, so an answer lost is nothing here either.
      const id = eventUuid(this.positionsStream, `${expected}:${JSON.stringify(data)}`);
      const event = jsonEvent({ id, type: 'positions_reached', data });
      if (await this.appendExpecting(this.positionsStream, expected, [event])) return;
    }
    throw new Error(`EventStoreDB: stream ${this.positionsStream} changed ${ROUNDS} times while it was written`);
  }

  private async readPositions(): Promise<{ readonly positions: Positions; readonly revision?: bigint }> {
    const [last] = await this.events(this.positionsStream, { fromRevision: END, direction: BACKWARDS, maxCount: 1 });
    return last ? { positions: last.data as Positions, revision: last.revision } : { positions: {} };
  }

  /** None of an unknown stream. */
  private async events(stream: string, options: ReadStreamOptions): Promise<readonly RecordedEvent[]> {
    const call = async (client: EventStoreDBClient) => {
      const events: RecordedEvent[] = [];
      for await (const { event } of client.readStream(stream, options)) if (event) events.push(event);
      return events;
    };
    try {
      return await this.connection.run(`read ${stream}`, call);
    } catch (error) {
      if (answerOf(error) === ErrorType.STREAM_NOT_FOUND) return [];
      throw refusal(error, `read ${stream}`);
    }
  }
}

/** By stream, each id once, in the order they are first met; the last stream first. */
function gathered(entries: readonly ArchiveEntry[]): Iterable<readonly [string, readonly Proposed[]]> {
  const streams = new Map<string, Map<string, Proposed>>();
  for (const entry of entries) {
    const { stream, eventId, json } = entry;
    if (typeof json !== 'string') throw new TypeError(`an event of type ${entry.type} without its text`);
    const uuid = eventUuid(stream, eventId);
    const proposed = streams.get(stream) ?? new Map<string, Proposed>();
    streams.set(stream, proposed);
    if (!proposed.has(uuid)) proposed.set(uuid, { uuid, entry, json });
  }
  return [...streams].map(([name, proposed]) => [name, [...proposed.values()]] as const).reverse();
}

/** What goes into one append: always the same of the same list, so that a repeat is one. */
function firstPart(proposed: readonly Proposed[]): readonly Proposed[] {
  let end = 0;
  for (let chars = 0; end < proposed.length && end < APPEND_EVENTS; end++) {
    chars += proposed[end]?.json.length ?? 0;
    if (end > 0 && chars > APPEND_CHARS) break;
  }
  return proposed.slice(0, end);
}

/** The client writes the data as JSON itself. */
function eventOf({ uuid, entry: { type, eventId, at }, json }: Proposed): JSONEventData {
  const metadata: Metadata = { eventId, at };
  return jsonEvent<JSONEventType>({ id: uuid, type, data: JSON.parse(json), metadata });
}

function refusal(error: unknown, what: string): unknown {
  const answer = answerOf(error);
  if (answer === undefined) return error;
  return new Error(`EventStoreDB refused to ${what}: ${answer}`, { cause: error });
}
