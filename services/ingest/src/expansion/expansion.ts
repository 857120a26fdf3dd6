import type { SuppressionCheck } from '@penstock/directory';
import { type Fact, TOPICS } from '@penstock/events';
import { decodeManifest } from '@penstock/mail';
import {
  type AnyAppendBatch,
  type AnyConsumer,
  type Clock,
  ContentDamagedError,
  ContentMissingError,
  type ContentStore,
  type EventLog,
  type PartitionHandler,
  type StoredRecord,
  type Telemetry,
  type Timers,
} from '@penstock/ports';
import { withDrop } from '../acceptance/suppressed.ts';
import type { KeyedSubmissions } from '../idempotency/keyed-submissions.ts';
import { expanded } from './expanded.ts';

type Submissions = typeof TOPICS.submissions;

const GROUP = 'ingest-expander';
/** Facts appended at once: enough to make the sync cheap, made in a few milliseconds so that others get their turn. */
const MAX_FACTS = 500;
/** Manifests read at once. */
const MAX_MANIFESTS = 64;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
/** What fails is repeated this often, over about six seconds, before damage counts as such and an absence is told. */
const MAX_RETRIES = 6;

export interface ExpansionDeps {
  readonly log: EventLog;
  readonly content: ContentStore;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  readonly keyed: Pick<KeyedSubmissions, 'firstOf'>;
  /** Steady time. */
  readonly clock: Pick<Clock, 'now'>;
  readonly suppressions: SuppressionCheck;
}

/**
 * Turns each `received` into its `processed` facts, with the end of those whose recipients are suppressed behind them.
 * Their ids and bodies are derived, so that expanding twice is harmless; the offset is committed after all of them are
 * durable, so that none is left out. Of those with one `Idempotency-Key` only the first is expanded.
 */
export class Expansion implements PartitionHandler<Submissions> {
  readonly consumer: AnyConsumer = { group: GROUP, topic: TOPICS.submissions, handler: this };
  private readonly stopped = new Set<number>();
  /** How many wait for a store or a log that has been away for longer than a moment. */
  private waiting = 0;
  private isEnding = false;
  private end: () => void = () => {};
  private readonly ended: Promise<void>;

  constructor(private readonly deps: ExpansionDeps) {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  notReady(): string | undefined {
    if (this.stopped.size > 0) return `expansion stopped on ${TOPICS.submissions} ${[...this.stopped].join(', ')}`;
    return this.waiting > 0 ? 'expansion waits for content or for the log' : undefined;
  }

  /** The process ends: what is away is not waited for any more, and whoever has the partition next goes on. */
  stop(): void {
    this.isEnding = true;
    this.end();
  }

  async assigned(partition: number): Promise<number> {
    this.stopped.delete(partition);
    const { log } = this.deps;
    const committed = await log.committed(GROUP, TOPICS.submissions, partition);
    if (committed !== undefined) return committed;
    return (await log.bounds(TOPICS.submissions, partition)).begin;
  }

  async batch(partition: number, records: readonly StoredRecord<Submissions>[]): Promise<void> {
    for (let from = 0; from < records.length; from += MAX_MANIFESTS) {
      await this.expand(partition, records.slice(from, from + MAX_MANIFESTS));
    }
  }

  async revoked(partition: number): Promise<void> {
    this.stopped.delete(partition);
  }

  failed(partition: number, error: unknown): void {
    this.stopped.add(partition);
    this.deps.telemetry.log('error', 'expansion_stopped', { partition, error: String(error) });
  }

  private async expand(partition: number, records: readonly StoredRecord<Submissions>[]): Promise<void> {
    const { content, clock, suppressions } = this.deps;
    const manifests = await this.insist(() =>
      Promise.all(records.map(({ record }) => content.get(record.body.manifest))),
    );
    let facts: Fact[] = [];
    for (const [i, stored] of records.entries()) {
      const manifest = manifests[i];
      if (manifest === undefined || !(await this.counts(partition, stored))) continue;
      for (const reference of decodeManifest(manifest)) {
        const bytes = await this.insist(() => content.get(reference));
        const now = Math.max(clock.now(), stored.record.at);
        for (const fact of expanded(stored.record, { reference, bytes }))
          facts.push(...withDrop(fact, suppressions, now));
        if (facts.length < MAX_FACTS) continue;
        await this.append(facts);
        facts = [];
      }
      if (facts.length > 0 && facts.length < MAX_FACTS / 2) continue;
      await this.append(facts);
      facts = [];
      await this.commit(partition, stored.offset + 1);
    }
    await this.append(facts);
    await this.commit(partition, (records.at(-1)?.offset ?? -1) + 1);
  }

  /** Whether the submission is to be expanded: it has no key, or is the first with it. */
  private async counts(partition: number, { offset, record }: StoredRecord<Submissions>): Promise<boolean> {
    const { at, messageId = '', body } = record;
    if (body.idempotency === undefined) return true;
    const { key, digest } = body.idempotency;
    return (await this.deps.keyed.firstOf(partition, key, { messageId, digest, offset, at })).offset === offset;
  }

  private async append(facts: readonly Fact[]): Promise<void> {
    if (facts.length === 0) return;
    const batches = byPartition(facts);
    await this.insist(() => this.deps.log.append(batches));
  }

  /**
   * Repeats what failed: reading is harmless, and what an append may already have stored are repeats. A store or a log
   * that is away is waited for, since nothing else would have the partition go on once it is back.
   */
  private async insist<T>(attempt: () => Promise<T>): Promise<T> {
    for (let retry = 0; ; retry++) {
      try {
        const done = await attempt();
        if (retry > MAX_RETRIES) this.waiting--;
        return done;
      } catch (error) {
        if (retry === MAX_RETRIES) this.waiting++;
        if (this.isHopeless(error, retry)) {
          if (retry >= MAX_RETRIES) this.waiting--;
          throw error;
        }
        this.deps.telemetry.log('warn', 'expansion_retried', { retry, error: String(error) });
        const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(retry, 10));
        await Promise.race([this.deps.timers.sleep(waitMs), this.ended]);
      }
    }
  }

  private isHopeless(error: unknown, retry: number): boolean {
    if (this.isEnding || error instanceof ContentMissingError) return true;
    return error instanceof ContentDamagedError && retry >= MAX_RETRIES;
  }

  /** A position that is not remembered is only read again. */
  private async commit(partition: number, offset: number): Promise<void> {
    try {
      await this.deps.log.commit(GROUP, TOPICS.submissions, partition, offset);
    } catch (error) {
      this.deps.telemetry.log('warn', 'expansion_commit_failed', { partition, error: String(error) });
    }
  }
}

function byPartition(facts: readonly Fact[]): readonly AnyAppendBatch[] {
  const partitions = new Map<number, Fact[]>();
  for (const fact of facts) {
    const records = partitions.get(fact.partition);
    if (records) records.push(fact);
    else partitions.set(fact.partition, [fact]);
  }
  return [...partitions].map(([partition, records]) => ({ topic: TOPICS.events, partition, records }));
}
