import { TOPICS, type Topic } from '@penstock/events';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { isPermanent } from '../client/errors.ts';
import type { LogSettings } from '../options.ts';

// This one is not among what Node finds in the CommonJS module by itself.
const { ConfigResourceTypes } = kafkajs;

/** What Kafka takes at most where a topic says nothing else: its `message.max.bytes`. */
const DEFAULT_MAX_BYTES = 1_048_588;
/** Room for what a record batch needs besides its records. */
const BATCH_OVERHEAD_BYTES = 512;
const TOPIC_WAIT_MS = 2_000;
const TOPIC_RETRY_MS = 100;
/** A cluster names a broker that was killed for as long as its session lasts (9 s), and longer on a busy machine. */
const START_WAIT_MS = 30_000;
const START_RETRY_MS = 500;

export interface TopicFacts {
  readonly partitions: number;
  /** Copies of the partition that has the fewest. */
  readonly replicas: number;
  readonly minInSyncReplicas: number;
  /** Bytes of records that one batch may hold. */
  readonly maxBatchBytes: number;
  /** Compacted topics have gaps between their offsets. */
  readonly compacted: boolean;
}

/** The topics as they are in the cluster, by Penstock's names. */
export class TopicTable {
  constructor(
    private readonly facts: ReadonlyMap<Topic, TopicFacts>,
    private readonly prefix: string,
    /** What one broker alone keeps or acknowledges, each with its copies, for people; mostly nothing. */
    readonly singleReplica: readonly string[],
  ) {}

  nameOf(topic: Topic): string {
    return this.prefix + topic;
  }

  /** Every topic's name in Kafka. */
  get names(): readonly string[] {
    return [...this.facts.keys()].map((topic) => this.nameOf(topic));
  }

  of(topic: Topic): TopicFacts {
    const facts = this.facts.get(topic);
    if (!facts) throw new RangeError(`there is no topic ${topic}`);
    return facts;
  }

  /** @throws RangeError where there is no such partition. */
  check(topic: Topic, partition: number): void {
    if (!Number.isInteger(partition) || partition < 0 || partition >= this.of(topic).partitions) {
      throw new RangeError(`there is no partition ${topic}-${partition}`);
    }
  }

  maxBatchBytes(name: string): number {
    return this.facts.get(name.slice(this.prefix.length) as Topic)?.maxBatchBytes ?? DEFAULT_MAX_BYTES;
  }
}

/**
 * Reads partition counts and what the promise of durability rests on. A broker that dies about now is asked for by
 * kafkajs as long as the others name it, and refuses the connection: then another is asked, for up to 30 s.
 *
 * @throws Error for a topic that is missing, or that one broker alone keeps although that is not allowed; what kafkajs
 * rejected with where none of the brokers it was given can be reached.
 */
export async function loadTopics(kafka: Kafka, settings: LogSettings): Promise<TopicTable> {
  const { clock, telemetry, timers } = settings;
  let told = false;
  for (const deadline = clock.monotonic() + START_WAIT_MS; ; await timers.sleep(START_RETRY_MS)) {
    const admin = kafka.admin();
    // This one has tried all the brokers it was given.
    await admin.connect();
    try {
      return await readTopics(admin, settings);
    } catch (error) {
      if (!isOfBroker(error) || clock.monotonic() > deadline) throw error;
      if (!told) telemetry.log('warn', 'kafka_broker_away', { error: String(error) });
      told = true;
    } finally {
      await admin.disconnect();
    }
  }
}

/** Whether it may be a broker's trouble alone, so that another may do better. */
function isOfBroker(error: unknown): boolean {
  return error instanceof Error && error.name.startsWith('KafkaJS') && !isPermanent(error);
}

async function readTopics(admin: Admin, settings: LogSettings): Promise<TopicTable> {
  const topics = Object.values(TOPICS);
  const names = topics.map((topic) => settings.prefix + topic);
  await findTopics(admin, names, settings);
  const { topics: metadata } = await admin.fetchTopicMetadata({ topics: names });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  const facts = new Map<Topic, TopicFacts>();
  for (const topic of topics) {
    const name = settings.prefix + topic;
    const partitions = metadata.find((each) => each.name === name)?.partitions ?? [];
    const entries = resources.find((each) => each.resourceName === name)?.configEntries ?? [];
    const config = new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
    facts.set(topic, {
      partitions: partitions.length,
      replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      minInSyncReplicas: Number(config.get('min.insync.replicas') ?? 1),
      maxBatchBytes: Number(config.get('max.message.bytes') ?? DEFAULT_MAX_BYTES) - BATCH_OVERHEAD_BYTES,
      compacted: config.get('cleanup.policy')?.includes('compact') ?? false,
    });
  }
  return new TopicTable(facts, settings.prefix, checkReplicas(facts, settings));
}

/** A broker may not know yet of a topic that has just been made: it is asked for some time. */
async function findTopics(admin: Admin, names: readonly string[], { clock, timers }: LogSettings): Promise<void> {
  for (const deadline = clock.monotonic() + TOPIC_WAIT_MS; ; await timers.sleep(TOPIC_RETRY_MS)) {
    const existing = new Set(await admin.listTopics());
    const missing = names.filter((name) => !existing.has(name));
    if (missing.length === 0) return;
    if (clock.monotonic() > deadline) {
      throw new Error(`Kafka has no topic ${missing.join(', ')}: make it with "penstock topics apply"`);
    }
  }
}

/** What is acknowledged must stand on two brokers, or be allowed not to. */
function checkReplicas(facts: ReadonlyMap<Topic, TopicFacts>, settings: LogSettings): readonly string[] {
  const weak = [...facts].filter(([, each]) => each.replicas < 2 || each.minInSyncReplicas < 2);
  if (weak.length === 0) return [];
  const told = weak.map(([topic, each]) => `${topic} (${each.replicas} copies, ${each.minInSyncReplicas} in sync)`);
  if (!settings.allowSingleReplica) {
    throw new Error(
      `acknowledged mail would stand on one broker only: ${told.join(', ')}; "penstock topics check" says what to do ` +
        'for two copies in sync, PENSTOCK_ALLOW_SINGLE_REPLICA=on takes the topics as they are',
    );
  }
  settings.telemetry.log('warn', 'kafka_single_replica', { topics: told });
  return told;
}
