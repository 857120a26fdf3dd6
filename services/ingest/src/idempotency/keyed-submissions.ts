import { randomName } from '@penstock/control';
import { TOPICS } from '@penstock/events';
import type {
  AnyConsumer,
  Clock,
  EventLog,
  KeyedEntry,
  KeyedStore,
  PartitionHandler,
  Random,
  StateStore,
  StoredRecord,
  Telemetry,
  Timers,
} from '@penstock/ports';
import { Reached } from './reached.ts';

type Submissions = typeof TOPICS.submissions;
type Stored = StoredRecord<Submissions>;

/** How long a key is remembered. */
export const REMEMBERED_MS = 24 * 3_600_000;
const STORE = 'ingest-keys';
/** Records without a key after which the position is written all the same: what a start has to read again. */
const RECORDS_A_POSITION = 1_000;

/** The first submission with a key. */
export interface FirstUse {
  readonly messageId: string;
  readonly digest: string;
  readonly offset: number;
  /** ms since the epoch */
  readonly at: number;
}

export interface KeyedSubmissionsDeps {
  readonly log: EventLog;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

/**
 * Which submission was the first with its `Idempotency-Key`: a fold of all of `mail.submissions` in every process of
 * ingest, since whoever answers a request need not be who expands it. The order in the log decides, so nothing that
 * happens at the doors can make two of one. The fold is kept with its positions; lost, it is read again from the log.
 */
export class KeyedSubmissions implements PartitionHandler<Submissions> {
  readonly consumer: AnyConsumer;
  private readonly reached: Reached;
  private readonly unwritten = new Map<number, number>();
  private store: KeyedStore | undefined;
  private failure: string | undefined;

  constructor(private readonly deps: KeyedSubmissionsDeps) {
    this.reached = new Reached(deps.timers);
    const group = `ingest-keys-${randomName(deps.random)}`;
    this.consumer = { group, topic: TOPICS.submissions, handler: this };
  }

  async start(): Promise<void> {
    this.store = await this.deps.state.open(STORE);
  }

  /** Nobody waits any longer for what will not be read. */
  stop(): void {
    this.reached.end('ingest is stopping');
  }

  notReady(): string | undefined {
    return this.failure;
  }

  /** The first use of the key within the time it is remembered, as far as the log is read. */
  async find(key: string, at: number): Promise<FirstUse | undefined> {
    const first = (await this.opened().get(entryKey(key))) as FirstUse | undefined;
    return first && !isForgotten(first, at) ? first : undefined;
  }

  /**
   * The use that counts for the key, seen from `use`: itself, or an earlier one. Waits until the record of `use` is read
   * back; rejects if it cannot be.
   *
   * Of an entry that came after it nothing follows: then it was forgotten since, and counting it is the side to err on.
   */
  async firstOf(partition: number, key: string, use: FirstUse): Promise<FirstUse> {
    await this.reached.passed(partition, use.offset);
    const first = await this.find(key, use.at);
    return first && first.offset <= use.offset ? first : use;
  }

  async assigned(partition: number): Promise<number> {
    const { begin, end } = await this.deps.log.bounds(TOPICS.submissions, partition);
    const position = (await this.opened().positions()).get(positionName(partition)) ?? begin;
    // A position beyond the end belongs to another log.
    const from = position < begin || position > end ? begin : position;
    this.reached.set(partition, from);
    return from;
  }

  async batch(partition: number, records: readonly Stored[]): Promise<void> {
    const next = (records.at(-1)?.offset ?? -1) + 1;
    const uses = await this.firstUses(records);
    const waiting = (this.unwritten.get(partition) ?? 0) + records.length;
    if (uses.size > 0 || waiting >= RECORDS_A_POSITION) {
      await this.write(partition, next, uses);
      this.unwritten.set(partition, 0);
    } else {
      this.unwritten.set(partition, waiting);
    }
    this.reached.set(partition, next);
  }

  /**
   * The process leaves, or stood still for so long that its group gave it up, or its coordinator moved: then it has the
   * partition again in a moment, and who waits, such as the expansion, must not fail for good meanwhile.
   */
  async revoked(partition: number): Promise<void> {
    this.reached.interrupt(partition);
  }

  failed(partition: number, error: unknown): void {
    this.failure = `the keys of ${TOPICS.submissions} ${partition} cannot be read`;
    this.reached.end(this.failure);
    this.deps.telemetry.log('error', 'keyed_submissions_stopped', { partition, error: String(error) });
  }

  private async firstUses(records: readonly Stored[]): Promise<ReadonlyMap<string, FirstUse>> {
    const uses = new Map<string, FirstUse>();
    const since = this.deps.clock.now() - REMEMBERED_MS;
    for (const stored of records) {
      const { idempotency } = stored.record.body;
      if (idempotency === undefined || stored.record.at < since) continue;
      const { key, digest } = idempotency;
      const known = uses.get(key) ?? (await this.find(key, stored.record.at));
      if (known && known.offset < stored.offset && !isForgotten(known, stored.record.at)) continue;
      uses.set(key, { messageId: stored.record.messageId ?? '', digest, offset: stored.offset, at: stored.record.at });
    }
    return uses;
  }

  private async write(partition: number, next: number, uses: ReadonlyMap<string, FirstUse>): Promise<void> {
    const puts: KeyedEntry[] = [];
    for (const [key, use] of uses) {
      puts.push({ key: entryKey(key), value: { ...use } }, { key: ageKey(use.at, key), value: key });
    }
    const deletes = await this.forgotten(2 * uses.size + 10);
    const kept = new Set(puts.map(({ key }) => key));
    await this.opened().write({
      puts,
      deletes: deletes.filter((key) => !kept.has(key)),
      positions: new Map([[positionName(partition), next]]),
    });
  }

  /** Keys of the store that stand for what is remembered no longer, some at a time. */
  private async forgotten(limit: number): Promise<readonly string[]> {
    const to = ageKey(Math.max(0, this.deps.clock.now() - REMEMBERED_MS), '');
    const aged = await this.opened().range({ from: 'at/', to, limit });
    const deletes: string[] = [];
    for (const { key: age, value } of aged) {
      const entry = entryKey(String(value));
      const use = (await this.opened().get(entry)) as FirstUse | undefined;
      deletes.push(age);
      // The key may have been used again since.
      if (use && ageKey(use.at, String(value)) === age) deletes.push(entry);
    }
    return deletes;
  }

  private opened(): KeyedStore {
    if (!this.store) throw new Error('the keys are not open yet');
    return this.store;
  }
}

function isForgotten(use: FirstUse, at: number): boolean {
  return at - use.at >= REMEMBERED_MS;
}

function entryKey(key: string): string {
  return `key/${key}`;
}

/** Sorts by time. */
function ageKey(at: number, key: string): string {
  return `at/${String(at).padStart(15, '0')}/${key}`;
}

function positionName(partition: number): string {
  return `${TOPICS.submissions}-${partition}`;
}
