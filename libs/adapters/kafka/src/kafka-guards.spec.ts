/**
 * The three defects of kafkajs, through the adapter: the same scripts as in kafkajs-defects.spec.ts. With a guard off
 * the defect is back, so that these tests are known to notice it.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { derivedId, type PartitionClaimed, TOPICS } from '@penstock/events';
import type { AnyAppendBatch, AppendReceipt, Timers } from '@penstock/ports';
import type { KafkaLog } from './kafka-log.ts';
import { openKafkaLog } from './open-kafka-log.ts';
import type { KafkaGuards } from './options.ts';
import { ERRORS } from './scripted-broker/errors.ts';
import { armedWhileIdle } from './scripted-broker/idle-timers.ts';
import { eventLoopTurns, ScriptedCluster } from './scripted-broker/scripted-cluster.ts';

const EVENTS = TOPICS.events;

interface Rig {
  readonly brokers: ScriptedCluster;
  readonly log: KafkaLog;
}

/** A cluster whose topics have one partition on broker 1, but for mail.events, and the log on it. */
async function rig(context: TestContext, leaders: readonly number[], guards?: Partial<KafkaGuards>): Promise<Rig> {
  const brokers = await ScriptedCluster.start(Math.max(...leaders));
  context.after(() => brokers.close());
  for (const topic of Object.values(TOPICS)) brokers.makeTopic(topic, topic === EVENTS ? leaders : [1]);
  const fatal: Error[] = [];
  const log = await openKafkaLog({
    brokers: brokers.addresses,
    clientId: 'guards-test',
    telemetry: { log: () => undefined },
    onFatal: (error) => fatal.push(error),
    allowSingleReplica: true,
    // What is appended together goes with the next turn, and so together.
    lingers: { acceptanceMs: 0, otherMs: 0 },
    timers: promptTimers,
    guards,
  });
  context.after(() => log.close());
  return { brokers, log };
}

/** What is due goes with the next turn of the event loop, not with the next millisecond. */
const promptTimers: Timers = {
  after: (delayMs, callback) => {
    if (delayMs > 0) {
      const timer = setTimeout(callback, delayMs);
      return { cancel: () => clearTimeout(timer) };
    }
    const turn = setImmediate(callback);
    return { cancel: () => clearImmediate(turn) };
  },
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
};

function claim(claimId: string): PartitionClaimed {
  const id = derivedId('test', claimId);
  return { id, type: 'partition_claimed', version: 1, at: 1, partition: 0, body: { claimId, owner: 'test' } };
}

function batch(partition: number, ...claimIds: string[]): AnyAppendBatch {
  return { topic: EVENTS, partition, records: claimIds.map(claim) };
}

/** The claim ids a partition holds, in offset order. */
function held(brokers: ScriptedCluster, partition: number): string[] {
  const values = brokers.partition(EVENTS, partition).values();
  return values.map((value) => (JSON.parse(value) as PartitionClaimed).body.claimId);
}

/** What is acknowledged stands where the answer says. */
function assertStands(
  brokers: ScriptedCluster,
  batches: readonly AnyAppendBatch[],
  receipts: readonly AppendReceipt[],
): void {
  for (const [index, { partition, records }] of batches.entries()) {
    const offset = receipts[index]?.offset ?? Number.NaN;
    const found = held(brokers, partition).slice(offset, offset + records.length);
    const sent = records.map((record) => (record.type === 'partition_claimed' ? record.body.claimId : ''));
    assert.deepEqual(found, sent);
  }
}

/** Broker 1 no longer leads partition 0: broker 2 does, which has answered for partition 1 by then. */
function moveLeaderInMidSend(brokers: ScriptedCluster): void {
  brokers.script = ({ api, node, partitions }) => {
    if (api !== 'produce' || node !== 1 || !partitions.includes('mail.events/0')) return undefined;
    return {
      partitions: { 'mail.events/0': { error: ERRORS.notLeader } },
      answerAfter: brokers.acknowledged(EVENTS, 1, 1),
      onceDone: () => {
        brokers.partition(EVENTS, 0).leader = 2;
      },
    };
  };
}

test('an append over two brokers holds every record, although a leader changes in the middle', async (context) => {
  const { brokers, log } = await rig(context, [1, 2]);
  moveLeaderInMidSend(brokers);
  const batches = [batch(0, 'a', 'b'), batch(1, 'c')];
  assertStands(brokers, batches, await log.append(batches));
});

test('with the guard of leaders off, that append is acknowledged and its records are lost', async (context) => {
  const { brokers, log } = await rig(context, [1, 2], { leaders: false });
  moveLeaderInMidSend(brokers);
  await log.append([batch(0, 'a', 'b'), batch(1, 'c')]);
  assert.deepEqual(held(brokers, 0), []);
});

test('a partition that the answer does not name is sent again', async (context) => {
  const { brokers, log } = await rig(context, [1, 1]);
  let omitted = 0;
  brokers.script = ({ api, partitions }) => {
    if (api !== 'produce' || !partitions.includes('mail.events/0') || omitted++ > 0) return undefined;
    return { partitions: { 'mail.events/0': { omitted: true } } };
  };
  const batches = [batch(0, 'a'), batch(1, 'b')];
  assertStands(brokers, batches, await log.append(batches));
});

/**
 * Appends `a`, and `b` while `a` is on its way; the answer to `a` then says that it may not be in the log, where it is.
 */
async function appendTwoInFlight({ brokers, log }: Rig): Promise<readonly AppendReceipt[]> {
  await log.append([batch(0, 'before')]);
  let met = 0;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  brokers.script = ({ api }) => {
    if (api !== 'produce' || met++ > 0) return undefined;
    const fate = { error: ERRORS.notEnoughReplicasAfterAppend, appended: true };
    return { partitions: { 'mail.events/0': fate }, answerAfter: released };
  };
  const first = log.append([batch(0, 'a')]);
  await brokers.acknowledged(EVENTS, 0, 2);
  const second = log.append([batch(0, 'b')]);
  await eventLoopTurns();
  release();
  return [...(await first), ...(await second)];
}

test('of two appends in flight neither is lost when the first fails after it was written', async (context) => {
  const started = await rig(context, [1]);
  assertStands(started.brokers, [batch(0, 'a'), batch(0, 'b')], await appendTwoInFlight(started));
  assert.deepEqual(held(started.brokers, 0), ['before', 'a', 'a', 'b'], 'the repeat has the same id');
});

test('with the guard of order off, one of the two is acknowledged and lost and the other doubled', async (context) => {
  // kafkajs takes no idempotent producer that does not send again by itself, as the other guard has it.
  const started = await rig(context, [1], { order: false, leaders: false });
  await appendTwoInFlight(started);
  assert.deepEqual(held(started.brokers, 0), ['before', 'a', 'a']);
});

test('what a lost answer or a dropped connection leaves in doubt is sent again, before what came after it', async (context) => {
  for (const answer of ['dropped', 'lost'] as const) {
    const { brokers, log } = await rig(context, [1]);
    await log.append([batch(0, 'before')]);
    let met = 0;
    const seen = brokers.seen.filter(({ api }) => api === 'produce').length;
    brokers.script = ({ api, number }) => {
      if (api !== 'produce' || number <= seen || met++ > 0) return undefined;
      // A lost answer is noticed when the connection ends; so it does, once the request has taken effect.
      return answer === 'lost'
        ? { answer, onceDone: () => setImmediate(() => brokers.dropConnections(1)) }
        : { answer };
    };
    const batches = [batch(0, 'a'), batch(0, 'b')];
    const receipts = await Promise.all(batches.map((each) => log.append([each])));
    assertStands(brokers, batches, receipts.flat());
    const order = held(brokers, 0);
    assert.ok(order.indexOf('a') < order.indexOf('b'), String(order));
  }
});

test('an idle connection of the log arms no timer', async (context) => {
  const { log } = await rig(context, [1]);
  await log.append([batch(0, 'a')]);
  assert.ok((await armedWhileIdle(context)) <= 1);
});
