import type { Clock, Timers } from '@penstock/ports';
import kafkajs, { type Admin, Kafka, logLevel } from 'kafkajs';
import { isPermanent } from '../client/errors.ts';
import { guardIdleTimers } from '../client/idle-timer-guard.ts';
import { processClock, processTimers } from '../options.ts';
import { clientConfig, type KafkaConnection } from '../settings/kafka-connection.ts';
import { type TopicDefinition, topicConfigs } from './topic-definitions.ts';
import { type FoundTopic, planTopics, type TopicPlan } from './topic-plan.ts';

// These two are not among what Node finds in the CommonJS module by itself.
const { ConfigResourceTypes, ConfigSource } = kafkajs;

/** Choosing leaders takes the cluster well below a second, unless it has much else to do. */
const LEADER_WAIT_MS = 30_000;
const LEADER_RETRY_MS = 100;

interface Time {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly timers: Pick<Timers, 'sleep'>;
}

/** What differs; nothing is changed. Rejects if no broker answers. */
export function checkTopics(
  connection: KafkaConnection,
  definitions: readonly TopicDefinition[],
): Promise<readonly TopicPlan[]> {
  return withAdmin(connection, (admin) => plan(admin, definitions));
}

/**
 * Makes the topics what they should be and answers what was done. May be repeated, also after it was ended halfway:
 * each step asks for a state, not for a change. If anything is refused nothing at all is done. Resolves when all
 * partitions of what was made have leaders; rejects if they have none after 30 s, and then applying again goes on.
 */
export function applyTopics(
  connection: KafkaConnection,
  definitions: readonly TopicDefinition[],
  time: Time = { clock: processClock, timers: processTimers },
): Promise<readonly TopicPlan[]> {
  return withAdmin(connection, async (admin) => {
    const plans = await plan(admin, definitions);
    if (!plans.some(isRefused)) await execute(admin, plans, time);
    return plans;
  });
}

export function isRefused({ steps }: TopicPlan): boolean {
  return steps.some(({ action }) => action === 'refuse');
}

async function withAdmin<T>(connection: KafkaConnection, work: (admin: Admin) => Promise<T>): Promise<T> {
  guardIdleTimers();
  const kafka = new Kafka({
    ...clientConfig(connection),
    // A handshake of TLS on a busy machine takes longer than kafkajs waits by itself (1 s).
    connectionTimeout: 10_000,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 200, retries: 2 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

async function plan(admin: Admin, definitions: readonly TopicDefinition[]): Promise<readonly TopicPlan[]> {
  const existing = new Set(await admin.listTopics());
  const names = definitions.map(({ name }) => name).filter((name) => existing.has(name));
  const { brokers } = await admin.describeCluster();
  return planTopics(definitions, names.length > 0 ? await describe(admin, names) : new Map(), brokers.length);
}

async function describe(admin: Admin, names: readonly string[]): Promise<ReadonlyMap<string, FoundTopic>> {
  const resources = names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name }));
  const [{ topics }, configs] = await Promise.all([
    admin.fetchTopicMetadata({ topics: [...names] }),
    admin.describeConfigs({ resources, includeSynonyms: false }),
  ]);
  const entries = new Map(configs.resources.map((resource) => [resource.resourceName, resource.configEntries]));
  return new Map(
    topics.map(({ name, partitions }) => {
      const all = entries.get(name) ?? [];
      const own = all.filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG);
      const found: FoundTopic = {
        partitions: partitions.length,
        replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
        configs: new Map(all.map(({ configName, configValue }) => [configName, configValue])),
        ownConfigs: new Map(own.map(({ configName, configValue }) => [configName, configValue])),
      };
      return [name, found];
    }),
  );
}

async function execute(admin: Admin, plans: readonly TopicPlan[], time: Time): Promise<void> {
  const missing = plans.filter(({ found }) => found === undefined).map(({ definition }) => definition);
  if (missing.length > 0) {
    await admin.createTopics({
      // kafkajs's own waiting takes a broker that does not know a new topic yet for a failure.
      waitForLeaders: false,
      topics: missing.map((definition) => ({
        topic: definition.name,
        numPartitions: definition.partitions,
        replicationFactor: definition.replicationFactor,
        configEntries: entriesOf(topicConfigs(definition)),
      })),
    });
  }
  const growing = plans.flatMap(({ definition, steps }) =>
    steps.flatMap((step) => (step.action === 'add_partitions' ? [{ topic: definition.name, count: step.to }] : [])),
  );
  if (growing.length > 0) await admin.createPartitions({ topicPartitions: growing });
  const made = [...missing.map(({ name, partitions }) => ({ topic: name, count: partitions })), ...growing];
  if (made.length > 0) await untilLed(admin, new Map(made.map(({ topic, count }) => [topic, count])), time);
  const changed = plans.filter(({ steps }) => steps.some(({ action }) => action === 'set'));
  if (changed.length > 0) await admin.alterConfigs({ validateOnly: false, resources: changed.map(alteration) });
}

/** Waits until a broker knows each topic with so many partitions, all of them with a leader. */
async function untilLed(admin: Admin, wanted: ReadonlyMap<string, number>, { clock, timers }: Time): Promise<void> {
  for (const deadline = clock.monotonic() + LEADER_WAIT_MS; ; await timers.sleep(LEADER_RETRY_MS)) {
    const waiting = await withoutLeaders(admin, wanted);
    if (waiting === undefined) return;
    if (clock.monotonic() > deadline) throw waiting;
  }
}

/** Why not all have leaders yet; undefined if they have. */
async function withoutLeaders(admin: Admin, wanted: ReadonlyMap<string, number>): Promise<Error | undefined> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [...wanted.keys()] });
    const led = new Map(
      topics.map(({ name, partitions }) => [name, partitions.filter(({ leader }) => leader >= 0).length]),
    );
    const without = [...wanted].filter(([name, count]) => (led.get(name) ?? 0) < count).map(([name]) => name);
    return without.length > 0 ? new Error(`partitions have no leader: ${without.join(', ')}`) : undefined;
  } catch (error) {
    // A broker that has not heard of the topic, or of its leaders, says so by an error.
    if (isPermanent(error) || !(error instanceof Error)) throw error;
    return error;
  }
}

/** AlterConfigs replaces all a topic sets itself: what somebody else has set is said again. */
function alteration({ definition, found }: TopicPlan) {
  const kept = Object.fromEntries(found?.ownConfigs ?? []);
  return {
    type: ConfigResourceTypes.TOPIC,
    name: definition.name,
    configEntries: entriesOf({ ...kept, ...topicConfigs(definition) }),
  };
}

function entriesOf(configs: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(configs).map(([name, value]) => ({ name, value }));
}
