/**
 * The three defects of kafkajs 2.2.4 that the adapter must make impossible. Each is shown with kafkajs as it is, so
 * that a release without it, or a guard that is no longer needed, is noticed here.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Kafka, logLevel, Partitioners, type ProducerConfig } from 'kafkajs';
import { ERRORS } from './scripted-broker/errors.ts';
import { armedWhileIdle } from './scripted-broker/idle-timers.ts';
import { ScriptedCluster } from './scripted-broker/scripted-cluster.ts';

const TOPIC = 'mail.events';

async function cluster(context: TestContext, brokers: number, leaders: readonly number[]): Promise<ScriptedCluster> {
  const started = await ScriptedCluster.start(brokers);
  context.after(() => started.close());
  started.makeTopic(TOPIC, leaders);
  return started;
}

async function plainProducer(context: TestContext, { addresses }: ScriptedCluster, options: ProducerConfig = {}) {
  const retry = { initialRetryTime: 1, maxRetryTime: 5, retries: 10 };
  const kafka = new Kafka({ brokers: addresses, logLevel: logLevel.NOTHING, retry });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, retry, ...options });
  context.after(() => producer.disconnect());
  await producer.connect();
  return producer;
}

test('plain kafkajs: a send over two brokers resolves although a leader change lost the records of one partition', async (context) => {
  const brokers = await cluster(context, 2, [1, 2]);
  const producer = await plainProducer(context, brokers);
  brokers.script = ({ api, node }) => {
    if (api !== 'produce' || node !== 1) return undefined;
    return {
      partitions: { 'mail.events/0': { error: ERRORS.notLeader } },
      // Answered after the other broker's: the leader is the one that has answered already.
      answerAfter: brokers.acknowledged(TOPIC, 1, 1),
      onceDone: () => {
        brokers.partition(TOPIC, 0).leader = 2;
      },
    };
  };
  const messages = [
    { partition: 0, value: 'a' },
    { partition: 1, value: 'b' },
  ];
  const answers = await producer.send({ topic: TOPIC, acks: -1, messages });
  assert.deepEqual(brokers.partition(TOPIC, 0).values(), [], 'the record was acknowledged and is nowhere');
  assert.deepEqual(brokers.partition(TOPIC, 1).values(), ['b']);
  assert.deepEqual(
    answers.map(({ partition }) => partition),
    [1],
    'the answer does not name the partition: by that the adapter knows',
  );
});

test('plain kafkajs, idempotent: of two sends in flight one is lost and the other is doubled', async (context) => {
  const brokers = await cluster(context, 1, [1]);
  const producer = await plainProducer(context, brokers, { idempotent: true });
  brokers.script = ({ api, number }) => {
    if (api !== 'produce' || number !== 2) return undefined;
    return { partitions: { 'mail.events/0': { error: ERRORS.notEnoughReplicasAfterAppend, appended: true } } };
  };
  const send = (value: string) => producer.send({ topic: TOPIC, acks: -1, messages: [{ partition: 0, value }] });
  await send('before');
  await Promise.all([send('first'), send('second')]);
  const [, ...appended] = brokers.partition(TOPIC, 0).values();
  assert.equal(appended.length, 2, 'both sends were acknowledged');
  assert.equal(new Set(appended).size, 1, `one of them is nowhere, the other there twice: ${appended}`);
});

test('plain kafkajs: an idle connection arms a timer of 1 ms again and again', async (context) => {
  const brokers = await cluster(context, 1, [1]);
  const producer = await plainProducer(context, brokers);
  await producer.send({ topic: TOPIC, acks: -1, messages: [{ partition: 0, value: 'a' }] });
  assert.ok((await armedWhileIdle(context)) > 10);
});
