/** What applying waits for, against brokers that learn of a new topic a step at a time. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { eventLoopTurns, ScriptedCluster } from '../scripted-broker/scripted-cluster.ts';
import { applyTopics } from './topic-admin.ts';
import type { TopicDefinition } from './topic-definitions.ts';

const TOPIC: TopicDefinition = {
  name: 'mail.events',
  partitions: 2,
  mayGrow: false,
  replicationFactor: 1,
  minInsyncReplicas: 1,
  cleanupPolicy: 'delete',
  maxMessageBytes: 1_048_588,
  outlivesPendingMail: false,
  why: 'a test',
};

/** A broker without topics, and time that passes only in sleeps, calling `slept` with their number. */
async function rig(context: TestContext, slept: (brokers: ScriptedCluster, sleeps: number) => void, stepMs: number) {
  const brokers = await ScriptedCluster.start(1);
  context.after(() => brokers.close());
  const passed = { ms: 0, sleeps: 0 };
  const sleep = async () => {
    passed.ms += stepMs;
    slept(brokers, ++passed.sleeps);
    await eventLoopTurns(1);
  };
  const connection = { brokers: brokers.addresses, clientId: 'topic-admin-test' };
  const apply = () => applyTopics(connection, [TOPIC], { clock: { monotonic: () => passed.ms }, timers: { sleep } });
  return { brokers, apply, passed };
}

test('applying waits until the broker knows a new topic and all its partitions have leaders', async (context) => {
  const stages = [[], [1], [1, -1], [1, 1]];
  const { brokers, apply, passed } = await rig(
    context,
    (cluster, sleeps) => cluster.makeTopic(TOPIC.name, stages[sleeps] ?? []),
    100,
  );
  const plans = await apply();
  assert.deepEqual(
    plans.map(({ steps }) => steps),
    [[{ action: 'create' }]],
  );
  assert.equal(passed.sleeps, 3);
  assert.equal(brokers.seen.filter(({ api }) => api === 'createTopics').length, 1);
});

test('applying gives up on leaders after 30 seconds, and says what the broker said', async (context) => {
  const { apply, passed } = await rig(context, () => undefined, 16_000);
  await assert.rejects(apply(), /does not host this topic-partition/);
  assert.equal(passed.ms, 32_000);
});
