/**
 * Brokers are killed under load. Three of them run here, with three copies of everything and two that acknowledge it;
 * the suite starts them itself, since whoever shares brokers does not expect them to die.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { applyTopics, type KafkaLog, openKafkaLog, type TopicDefinition } from '@penstock/adapter-kafka';
import { TOPICS } from '@penstock/events';
import { type Stack, startStack } from '@penstock/local-stack';
import { BrokerLeaders } from '../fixtures/broker-leaders.ts';
import { until } from '../fixtures/until.ts';
import { Load, PARTITIONS, TOPIC } from './failover-load.ts';
import { GROUP, Readers } from './failover-readers.ts';

const LINE = process.env.PENSTOCK_TEST_KAFKA_LINE ?? '4.1';
const PREFIX = 'failover.';
const WRITERS = 8;
const ALL = 5_000;
const SUITE_LIMIT_MS = 400_000;

async function makeTopics(brokers: readonly string[]): Promise<void> {
  const topics = Object.values(TOPICS).map(definition);
  for (let tries = 1; ; tries++) {
    try {
      await applyTopics({ brokers, clientId: 'failover' }, topics);
      return;
    } catch (error) {
      // A broker may not know yet of a topic that another has just made.
      if (tries === 10) throw error;
    }
  }
}

function definition(topic: string): TopicDefinition {
  return {
    name: PREFIX + topic,
    partitions: topic === TOPIC ? PARTITIONS : 1,
    mayGrow: false,
    replicationFactor: 3,
    minInsyncReplicas: 2,
    cleanupPolicy: 'delete',
    maxMessageBytes: 1_048_588,
    outlivesPendingMail: false,
    why: 'a test',
  };
}

/** The broker that keeps the group: it leads the partition of offsets that the group's name falls to, by Java's hash. */
async function coordinatorOf(leaders: BrokerLeaders, group: string): Promise<number> {
  const partitions = await leaders.partitions('__consumer_offsets');
  let hash = 0;
  for (const character of group) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0;
  const number = Math.abs(hash) % partitions.length;
  const found = partitions.find(({ partitionId }) => partitionId === number);
  assert.ok(found, `there is a partition ${number} of offsets`);
  return found.leader;
}

async function readAll(log: KafkaLog, partition: number): Promise<readonly string[]> {
  const { begin, end } = await log.bounds(TOPIC, partition);
  assert.equal(begin, 0);
  const ids: string[] = [];
  while (ids.length < end) {
    const records = await log.read(TOPIC, partition, ids.length, 1_000);
    assert.ok(records.length > 0, `nothing at ${ids.length} of ${partition} although the end is ${end}`);
    for (const { offset, record } of records) {
      assert.equal(offset, ids.length, `offsets of ${partition} follow each other`);
      ids.push(record.id);
    }
  }
  return ids;
}

/** Each writer's records stand in the order in which it wrote them; answers how many stand there twice. */
function repeatsIn(ids: readonly string[]): number {
  const first = new Set<string>();
  const last = new Map<string, number>();
  for (const id of ids) {
    if (first.has(id)) continue;
    first.add(id);
    const [writer = '', , n] = id.split('-');
    assert.ok(Number(n) > (last.get(writer) ?? -1), `${id} stands after a later one of its writer`);
    last.set(writer, Number(n));
  }
  return ids.length - first.size;
}

describe(`three brokers of Kafka ${LINE}`, { timeout: SUITE_LIMIT_MS }, () => {
  let folder = '';
  let stack: Stack;
  let leaders: BrokerLeaders;
  let logs: KafkaLog[] = [];
  const fatal: string[] = [];
  const warnings = new Map<string, number>();

  before(async () => {
    assert.ok(LINE === '4.1' || LINE === '3.9', `no Kafka ${LINE} is known here`);
    folder = await mkdtemp(join(tmpdir(), 'penstock-failover-'));
    stack = await startStack({ folder, basePort: 'free', brokers: 3, kafka: LINE, only: ['kafka'] });
    const brokers = stack.addresses.kafka;
    await makeTopics(brokers);
    leaders = await BrokerLeaders.of(brokers, PREFIX + TOPIC);
    const note = (_: string, event: string) => void warnings.set(event, (warnings.get(event) ?? 0) + 1);
    const open = (clientId: string) =>
      openKafkaLog({
        brokers,
        clientId,
        prefix: PREFIX,
        telemetry: { log: note },
        onFatal: (error) => void fatal.push(String(error)),
        times: { heartbeatMs: 300, fetchWaitMs: 100 },
      });
    logs = await Promise.all(['writers-1', 'writers-2', 'readers-1', 'readers-2'].map(open));
  });

  after(async () => {
    await Promise.allSettled([leaders?.close(), ...logs.map((log) => log.close())]);
    await stack?.down({ wipe: true });
    await rm(folder, { recursive: true, force: true });
  });

  const inSync = () => until(() => leaders.inSync(3), 'every copy is in sync');

  it('lose nothing acknowledged, and readers see all of it in order, when the busiest and then the keeper of the group is killed', async (t) => {
    const [first, second, third, fourth] = logs;
    assert.ok(first && second && third && fourth);
    const readers = new Readers(third);
    await Promise.all([
      third.join({ group: GROUP, topic: TOPIC, handler: readers }),
      fourth.join({ group: GROUP, topic: TOPIC, handler: readers.with(fourth) }),
    ]);
    await inSync();
    const load = new Load(ALL);
    const writing = Promise.all(Array.from({ length: WRITERS }, (_, w) => load.write(w % 2 ? second : first, w)));
    const reached = (count: number) =>
      Promise.race([writing, until(() => load.acknowledgedCount >= count, `${count} acknowledged`, { everyMs: 5 })]);

    const { broker: one } = await leaders.busiest();
    load.allow(1_700);
    await reached(300);
    await stack.broker(one).kill();
    const atFirst = load.acknowledgedCount;
    await reached(1_700);
    load.allow(2_500);
    const starting = stack.broker(one).start();
    await Promise.all([starting, reached(2_500)]);
    load.allow(3_300);
    await Promise.all([reached(3_300), inSync()]);

    // After the first it is one of the others for certain: whoever comes back leads nothing at first.
    const other = await coordinatorOf(leaders, `${PREFIX}${GROUP}.${TOPIC}`);
    assert.notEqual(other, one);
    load.allow(ALL);
    await reached(3_700);
    await stack.broker(other).kill();
    const atSecond = load.acknowledgedCount;
    await writing;
    assert.ok(atFirst < 1_700 && atSecond < ALL, 'both were killed under load');

    const writtenAt = performance.now();
    let repeats = 0;
    for (const [partition, acknowledged] of load.acknowledged.entries()) {
      const ids = await readAll(first, partition);
      for (const [id, offset] of acknowledged)
        assert.equal(ids[offset], id, `${id} at offset ${offset} of ${partition}`);
      repeats += repeatsIn(ids);
      const seen = readers.seen[partition];
      const isRead = () => (seen?.size ?? 0) >= ids.length || readers.faults.length > 0;
      await until(isRead, `${partition} is read to its end`, { everyMs: 5 });
      assert.deepEqual(readers.faults, []);
      assert.deepEqual([...(seen ?? [])], [...ids.entries()]);
    }
    assert.deepEqual(fatal, []);
    const behindMs = Math.round(performance.now() - writtenAt);
    t.diagnostic(
      `${load.acknowledgedCount} acknowledged, killed at ${atFirst} and ${atSecond}; ${repeats} repeats in the log, ` +
        `${load.rejected} appends rejected, the longest took ${Math.round(load.longestMs)} ms; ` +
        `${readers.assignments} assignments, ${readers.readAgain} read again, the last after ${behindMs} ms; ${JSON.stringify([...warnings])}`,
    );
  });
});
