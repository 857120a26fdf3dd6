/** Members of a group, through kafkajs and against scripted brokers: what once kept them from reading on for good. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { derivedId, type PartitionClaimed, TOPICS } from '@penstock/events';
import type { KafkaLog } from './kafka-log.ts';
import { openKafkaLog } from './open-kafka-log.ts';
import type { KafkaTimes } from './options.ts';
import { ERRORS } from './scripted-broker/errors.ts';
import { GROUP } from './scripted-broker/group-answers.ts';
import { ScriptedCluster } from './scripted-broker/scripted-cluster.ts';

const EVENTS = TOPICS.events;

function claim(claimId: string): PartitionClaimed {
  const id = derivedId('test', claimId);
  return { id, type: 'partition_claimed', version: 1, at: 1, partition: 0, body: { claimId, owner: 'test' } };
}

class Reader {
  readonly told: string[] = [];
  /** What the handler asks the log before it answers where to begin. */
  asks: (partition: number) => Promise<unknown> = async () => {};
  private readonly next: number[] = [0, 0];
  private readonly waiting = new Set<() => void>();

  readonly handler = {
    assigned: async (partition: number) => {
      await this.asks(partition);
      this.tell(`assigned ${partition}`);
      return this.next[partition] ?? 0;
    },
    batch: async (partition: number, records: readonly { readonly offset: number }[]) => {
      for (const { offset } of records) {
        this.next[partition] = offset + 1;
        this.tell(`${partition}: ${offset}`);
      }
    },
    revoked: async (partition: number) => this.tell(`revoked ${partition}`),
    failed: (partition: number, error: unknown) => this.tell(`failed ${partition}: ${error}`),
  };

  tell(what: string): void {
    this.told.push(what);
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }

  async heard(what: string, times = 1): Promise<void> {
    while (this.told.filter((each) => each === what).length < times) {
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }
}

async function rig(context: TestContext, times: Partial<KafkaTimes> = {}) {
  const brokers = await ScriptedCluster.start(2);
  context.after(() => brokers.close());
  for (const topic of Object.values(TOPICS)) brokers.makeTopic(topic, topic === EVENTS ? [1, 2] : [1]);
  const reader = new Reader();
  const log: KafkaLog = await openKafkaLog({
    brokers: brokers.addresses,
    clientId: 'stalls-test',
    telemetry: { log: (_level, event) => event.startsWith('kafka_consumer') && reader.tell(event) },
    onFatal: (error) => reader.tell(`fatal: ${error}`),
    allowSingleReplica: true,
    lingers: { acceptanceMs: 0, otherMs: 0 },
    times: { heartbeatMs: 20, fetchWaitMs: 20, ...times },
  });
  context.after(() => log.close());
  const append = (partition: number, claimId: string) =>
    log.append([{ topic: EVENTS, partition, records: [claim(claimId)] }]);
  await log.join({ group: 'g', topic: EVENTS, handler: reader.handler });
  await append(0, 'a');
  await reader.heard('0: 0');
  return { brokers, log, reader, append };
}

test('a member whose coordinator moves reads on, although the new one is still loading the group', async (context) => {
  const { brokers, reader, append } = await rig(context);
  let refused = 0;
  let moved = false;
  brokers.script = ({ api }) => {
    if (api === 'heartbeat' && !moved) {
      moved = true;
      return { partitions: { [GROUP]: { error: ERRORS.notCoordinator } } };
    }
    if (api !== 'joinGroup' || refused >= 2) return undefined;
    refused++;
    return { partitions: { [GROUP]: { error: ERRORS.groupLoading } } };
  };
  await reader.heard('revoked 1');
  await Promise.all([append(0, 'b'), append(1, 'c')]);
  await Promise.all([reader.heard('0: 1'), reader.heard('1: 0')]);
  assert.equal(refused, 2);
  assert.ok(!reader.told.some((each) => each.startsWith('failed') || each.startsWith('fatal')));
});

test('a consumer whose fetches are answered no more is replaced, and its successor reads on', async (context) => {
  const { brokers, reader, append } = await rig(context, { stallMs: 150, requestTimeoutMs: 1_500 });
  let stuck = true;
  await new Promise<void>((resolve) => {
    brokers.script = ({ api, node }) => {
      if (!stuck || api !== 'fetch' || node !== 2) return undefined;
      resolve();
      return { answer: 'lost' };
    };
  });
  // Only now: a fetch that was on its way before would bring it.
  await append(1, 'b');
  await reader.heard('kafka_consumer_stalled');
  stuck = false;
  await reader.heard('1: 0');
  assert.ok(!reader.told.some((each) => each.startsWith('failed') || each.startsWith('fatal')));
});

test('a partition whose leader was away while its handler asked where to begin is read when it is back', async (context) => {
  const { brokers, log, reader, append } = await rig(context, { appendTimeoutMs: 200, requestTimeoutMs: 100 });
  reader.asks = (partition) =>
    log.bounds(EVENTS, partition).catch((error: unknown) => {
      reader.tell('away');
      throw error;
    });
  let away = true;
  let moved = false;
  brokers.script = ({ api, node, partitions }) => {
    if (api === 'heartbeat' && !moved) {
      moved = true;
      return { partitions: { [GROUP]: { error: ERRORS.rebalanceInProgress } } };
    }
    return away && api === 'listOffsets' && node === 2 && partitions[0] === `${EVENTS}/1`
      ? { answer: 'lost' }
      : undefined;
  };
  await reader.heard('away');
  away = false;
  await reader.heard('assigned 1', 2);
  await append(1, 'b');
  await reader.heard('1: 0');
  assert.ok(!reader.told.some((each) => each.startsWith('failed') || each.startsWith('fatal')), reader.told.join());
});
