import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EMBEDDED_PARTITIONS } from '@penstock/events';
import {
  checkTopicRetention,
  choose,
  parseTopicDefinitions,
  type TopicDefinition,
  TopicDefinitionError,
  topicConfigs,
} from './topic-definitions.ts';
import { type FoundTopic, planTopics, stepText } from './topic-plan.ts';

const SHIPPED = parseTopicDefinitions(
  readFileSync(new URL('../../../../../infra/topics/topics.json', import.meta.url), 'utf8'),
);
const HOUR_MS = 3_600_000;

function shipped(name: string): TopicDefinition {
  const found = SHIPPED.find((topic) => topic.name === name);
  assert.ok(found, name);
  return found;
}

function asDefined(definition: TopicDefinition): FoundTopic {
  const configs = new Map(Object.entries(topicConfigs(definition)));
  const { partitions, replicationFactor } = definition;
  return { partitions, replicationFactor, configs, ownConfigs: configs };
}

function steps(definition: TopicDefinition, found?: Partial<FoundTopic>, brokers = 3): string[] {
  const { name } = definition;
  const cluster = new Map(found ? [[name, { ...asDefined(definition), ...found }]] : []);
  return planTopics([definition], cluster, brokers).flatMap((plan) =>
    plan.steps.map((step) => stepText(step, definition)),
  );
}

test('every topic of the log is defined, and says why it is as it is', () => {
  const defined = SHIPPED.map(({ name }) => name);
  for (const topic of Object.keys(EMBEDDED_PARTITIONS)) assert.ok(defined.includes(topic), topic);
  assert.ok(defined.includes('mail.dead'));
  for (const { name, why } of SHIPPED) assert.ok(why.length > 20, name);
});

test('facts are never compacted, and only commands may get more partitions', () => {
  assert.equal(shipped('mail.events').cleanupPolicy, 'delete');
  assert.deepEqual(
    SHIPPED.filter(({ mayGrow }) => mayGrow).map(({ name }) => name),
    ['mail.attempts'],
  );
});

test('facts are kept for as long as a delivery can be pending under the policy', () => {
  checkTopicRetention(SHIPPED, 72 * HOUR_MS);
  const short = SHIPPED.map((topic) => ({ ...topic, retentionMs: 167 * HOUR_MS }));
  assert.throws(
    () => checkTopicRetention(short, 72 * HOUR_MS),
    /^TopicDefinitionError: mail\.events: a retention of 167h is less than mail may be pending: 168h/,
  );
  checkTopicRetention(short, 71 * HOUR_MS);
});

test('an operator chooses copies and partitions; no more in sync than there are copies', () => {
  const chosen = choose(SHIPPED, { replicationFactor: 1, partitions: new Map([['mail.events', 8]]) });
  for (const { replicationFactor, minInsyncReplicas } of chosen) {
    assert.equal(replicationFactor, 1);
    assert.equal(minInsyncReplicas, 1);
  }
  assert.equal(chosen.find(({ name }) => name === 'mail.events')?.partitions, 8);
  const prefixed = choose(SHIPPED, { prefix: 'test.', partitions: new Map([['test.mail.events', 8]]) });
  assert.equal(prefixed.find(({ name }) => name === 'test.mail.events')?.partitions, 8);
  assert.throws(() => choose(SHIPPED, { partitions: new Map([['mail.event', 8]]) }), /there is no topic mail\.event;/);
});

test('a definition that cannot be used is refused with its name and value', () => {
  const text = (topic: object) => JSON.stringify({ defaults: {}, topics: { 'mail.x': topic } });
  const whole = { partitions: 1, replicationFactor: 1, minInsyncReplicas: 1, maxMessageBytes: 1, retention: '1d' };
  assert.equal(parseTopicDefinitions(text({ ...whole, cleanupPolicy: 'delete' }))[0]?.retentionMs, 24 * HOUR_MS);
  const wrong: object[] = [
    { ...whole, cleanupPolicy: 'both' },
    { ...whole, cleanupPolicy: 'delete', retention: '1w' },
    { ...whole, cleanupPolicy: 'delete', partitions: 0 },
  ];
  for (const topic of wrong)
    assert.throws(
      () => parseTopicDefinitions(text(topic)),
      (error) => error instanceof TopicDefinitionError && error.message.startsWith('mail.x: '),
    );
});

test('a missing topic is made, unless there are fewer brokers than copies', () => {
  assert.deepEqual(steps(shipped('mail.dead')), ['create: 1 partitions, 3 copies']);
  assert.match(
    steps(shipped('mail.dead'), undefined, 1)[0] ?? '',
    /^refused: 3 copies need 3 brokers .*--replication 1/,
  );
});

test('what is as defined is left alone, and what somebody else has set is no difference', () => {
  for (const topic of SHIPPED) assert.deepEqual(steps(topic, {}), []);
  const configs = new Map([...asDefined(shipped('mail.dead')).configs, ['segment.bytes', '1']]);
  assert.deepEqual(steps(shipped('mail.dead'), { configs }), []);
});

test('commands get more partitions, facts never: their partition is part of delivery ids', () => {
  assert.deepEqual(steps(shipped('mail.attempts'), { partitions: 200 }), ['add partitions: 200 to 256']);
  for (const partitions of [31, 33]) {
    const [step, ...more] = steps(shipped('mail.events'), { partitions });
    assert.match(step ?? '', new RegExp(`^refused: has ${partitions} partitions, not 32`));
    assert.deepEqual(more, []);
  }
  assert.match(steps(shipped('mail.attempts'), { partitions: 300 })[0] ?? '', /^refused: .*takes no partition away/);
});

test('a changed setting is put right, and copies are not', () => {
  const configs = new Map([...asDefined(shipped('mail.events')).configs, ['cleanup.policy', 'compact']]);
  assert.deepEqual(steps(shipped('mail.events'), { configs }), ['set cleanup.policy: compact to delete']);
  assert.match(steps(shipped('mail.events'), { replicationFactor: 1 })[0] ?? '', /^refused: has 1 copies, not 3/);
});
