import { type Fact, type Received, TOPICS } from '@penstock/events';
import { decodeManifest } from '@penstock/mail';
import {
  type AnyAppendBatch,
  type AnyConsumer,
  ContentMissingError,
  type ContentStore,
  type EventLog,
  type PartitionHandler,
  type StoredRecord,
  type Telemetry,
  type Timers,
} from '@penstock/ports';
import { processedFact } from '../acceptance/processed.ts';

type Submissions = typeof TOPICS.submissions;

const GROUP = 'ingest-expander';
/** Facts appended at once: enough to make the sync cheap, few enough to hold in memory. */
const MAX_FACTS = 4_000;
/** Manifests read at once. */
const MAX_MANIFESTS = 64;
const FIRST_WAIT_MS = 100;
/** What fails is repeated this often, over about six seconds, before the partition stops. */
const MAX_RETRIES = 6;

export interface ExpansionDeps {
  readonly log: EventLog;
  readonly content: ContentStore;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/**
 * Turns each `received` into its `processed` facts. Their ids and bodies are derived, so that expanding twice is
 * harmless; the offset is committed after all of them are durable, so that none is left out.
 */
export class Expansion implements PartitionHandler<Submissions> {
  readonly consumer: AnyConsumer = { group: GROUP, topic: TOPICS.submissions, handler: this };
  private readonly stopped = new Set<number>();

  constructor(private readonly deps: ExpansionDeps) {}

  notReady(): string | undefined {
    if (this.stopped.size === 0) return undefined;
    return `expansion stopped on ${TOPICS.submissions} ${[...this.stopped].join(', ')}`;
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
    const { content } = this.deps;
    const manifests = await this.insist(() =>
      Promise.all(records.map(({ record }) => content.get(record.body.manifest))),
    );
    let facts: Fact[] = [];
    for (const [i, { offset, record }] of records.entries()) {
      for (const fact of expandOne(record, manifests[i])) facts.push(fact);
      if (facts.length < MAX_FACTS && i < records.length - 1) continue;
      const batches = byPartition(facts);
      await this.insist(() => this.deps.log.append(batches));
      facts = [];
      await this.commit(partition, offset + 1);
    }
  }

  /** Repeats what failed: reading is harmless, and what an append may already have stored are repeats. */
  private async insist<T>(attempt: () => Promise<T>): Promise<T> {
    for (let retry = 0; ; retry++) {
      try {
        return await attempt();
      } catch (error) {
        if (retry === MAX_RETRIES || error instanceof ContentMissingError) throw error;
        this.deps.telemetry.log('warn', 'expansion_retried', { retry, error: String(error) });
        await this.deps.timers.sleep(FIRST_WAIT_MS * 2 ** retry);
      }
    }
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

function expandOne(record: Received, manifest: Uint8Array | undefined): readonly Fact[] {
  const { messageId, tenant, traceparent, body } = record;
  if (manifest === undefined || messageId === undefined || tenant === undefined) {
    throw new Error(`received ${record.id} names no message, tenant or manifest`);
  }
  const message = {
    messageId,
    tenant,
    ...(traceparent === undefined ? {} : { traceparent }),
    class: body.class,
    pool: body.pool,
    acceptedAt: body.acceptedAt,
    protocol: body.protocol,
    ...(body.categories === undefined ? {} : { categories: body.categories }),
    body: body.body,
    expanded: true,
  };
  return decodeManifest(manifest).map((entry) => processedFact(message, entry));
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
