/** Topics on a real broker: `PENSTOCK_TEST_KAFKA=host:port`. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  applyTopics,
  checkTopics,
  chooseTopics,
  clientConfig,
  type KafkaConnection,
  parseTopicDefinitions,
  type TopicDefinition,
  type TopicPlan,
} from '@penstock/adapter-kafka';
import kafkajs, { Kafka, logLevel } from 'kafkajs';

const [LOOKS, LOOK_EVERY_MS] = [100, 100];
const addresses = process.env.PENSTOCK_TEST_KAFKA;
assert.ok(addresses, 'PENSTOCK_TEST_KAFKA is needed');
const connection: KafkaConnection = { brokers: addresses.split(','), clientId: 'topics-test' };
const admin = new Kafka({ ...clientConfig(connection), logLevel: logLevel.NOTHING }).admin();

/** The shipped topics under names of this run's own, with one copy and few partitions. */
const run = randomUUID();
const shipped = parseTopicDefinitions(
  readFileSync(new URL('../../../infra/topics/topics.json', import.meta.url), 'utf8'),
);
const few = new Map(shipped.map(({ name, partitions }) => [name, Math.min(4, partitions)]));
const definitions = chooseTopics(shipped, { replicationFactor: 1, partitions: few }).map((topic) => ({
  ...topic,
  name: `${run}.${topic.name}`,
}));

before(() => admin.connect());
after(async () => {
  await admin.deleteTopics({ topics: definitions.map(({ name }) => name) });
  await admin.disconnect();
});

function named(name: string): TopicDefinition {
  const found = definitions.find((topic) => topic.name === `${run}.${name}`);
  assert.ok(found);
  return found;
}

/** The controller has acknowledged a setting when the broker that is asked may not have read of it yet. */
async function planWhere(topic: TopicDefinition, holds: (plan: TopicPlan) => boolean): Promise<TopicPlan | undefined> {
  for (let looks = 0; ; looks++) {
    const [plan] = await checkTopics(connection, [topic]);
    if ((plan && holds(plan)) || looks === LOOKS) return plan;
    await pause(LOOK_EVERY_MS);
  }
}

async function actions(topics: readonly TopicDefinition[], apply: typeof applyTopics): Promise<string[]> {
  const plans = await apply(connection, topics);
  return plans.flatMap(({ steps }) => steps.map(({ action }) => action));
}

test('topics are made as defined, and a second time there is nothing to do', async () => {
  assert.deepEqual(
    await actions(definitions, checkTopics),
    definitions.map(() => 'create'),
  );
  assert.deepEqual(
    await actions(definitions, applyTopics),
    definitions.map(() => 'create'),
  );
  assert.deepEqual(await actions(definitions, checkTopics), []);
  assert.deepEqual(await actions(definitions, applyTopics), []);
});

test('commands get more partitions; where facts would, nothing at all is done', async () => {
  const attempts = named('mail.attempts');
  const grown = { ...attempts, partitions: 6 };
  assert.deepEqual(await actions([grown], applyTopics), ['add_partitions']);
  assert.deepEqual(await actions([grown], checkTopics), []);
  const events = { ...named('mail.events'), partitions: 8 };
  assert.deepEqual(await actions([events, { ...attempts, partitions: 7 }], applyTopics), ['refuse', 'add_partitions']);
  assert.deepEqual(await actions([grown, named('mail.events')], checkTopics), []);
});

test('a setting is put right, and one that somebody else has made stays', async () => {
  const { name } = named('mail.events');
  const resources = [
    {
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configEntries: [
        { name: 'cleanup.policy', value: 'compact' },
        { name: 'segment.bytes', value: '10485760' },
      ],
    },
  ];
  await admin.alterConfigs({ validateOnly: false, resources });
  await planWhere(named('mail.events'), ({ steps }) => steps.length > 0);
  const plans = await applyTopics(connection, [named('mail.events')]);
  const set = plans.flatMap(({ steps }) => steps.map((step) => (step.action === 'set' ? step.config : step.action)));
  assert.ok(set.includes('cleanup.policy') && set.includes('retention.ms'), String(set));
  const plan = await planWhere(named('mail.events'), ({ steps }) => steps.length === 0);
  assert.deepEqual(plan?.steps, []);
  assert.equal(plan?.found?.ownConfigs.get('segment.bytes'), '10485760');
});

test('more copies than brokers are refused before anything is made', async () => {
  const copies = { ...named('mail.dead'), name: `${run}.copies`, replicationFactor: 9 };
  const missing = { ...named('mail.dead'), name: `${run}.missing` };
  assert.deepEqual(await actions([copies, missing], applyTopics), ['refuse', 'create']);
  const topics = await admin.listTopics();
  assert.ok(!topics.includes(missing.name));
});
