/**
 * The log's conformance on a real Kafka. PENSTOCK_TEST_KAFKA names brokers that run (host:port, by commas); without it
 * one is started here, of the release that PENSTOCK_TEST_KAFKA_RELEASE names (4.1 or 3.9).
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { applyTopics, type KafkaLog, openKafkaLog, type TopicDefinition } from '@penstock/adapter-kafka';
import { TOPICS } from '@penstock/events';
import { startStack } from '@penstock/local-stack';
import type { AnyAppendBatch, AppendReceipt, EventLog } from '@penstock/ports';
import { type EventLogHarness, eventLogConformance } from '@penstock/testing';

const RELEASE = process.env.PENSTOCK_TEST_KAFKA_RELEASE ?? '4.1';
const PARTITIONS = 4;

let brokers: readonly string[] = [];
let installations = 0;

/** Topics of its own on the one cluster, and a process that reads and writes them. */
class KafkaLogHarness implements EventLogHarness {
  log: KafkaLog & EventLog;
  private wholeBatches: number | undefined;

  private constructor(
    private readonly prefix: string,
    private opened: KafkaLog,
  ) {
    this.log = this.cuttable(opened);
  }

  static async open(): Promise<KafkaLogHarness> {
    const prefix = `c${process.pid}-${installations++}.`;
    const names = Object.values(TOPICS).map((topic) => prefix + topic);
    await applyTopics({ brokers, clientId: 'conformance' }, names.map(definition));
    const log = await connect(prefix);
    // Until a new partition has its leader, what is sent to it and to others may be sent again.
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    await Promise.all(partitions.map((partition) => log.bounds(TOPICS.events, partition)));
    return new KafkaLogHarness(prefix, log);
  }

  cutNextAppend(wholeBatches: number): void {
    this.wholeBatches = wholeBatches;
  }

  async reopen(): Promise<void> {
    await this.opened.close();
    this.opened = await connect(this.prefix);
    this.wholeBatches = undefined;
    this.log = this.cuttable(this.opened);
  }

  close(): Promise<void> {
    return this.opened.close();
  }

  /** An append that dies between two batches: a process sends to one partition after the other. */
  private cuttable(log: KafkaLog): KafkaLog {
    const append = async (batches: readonly AnyAppendBatch[]): Promise<readonly AppendReceipt[]> => {
      if (this.wholeBatches === undefined) return log.append(batches);
      for (const batch of batches.slice(0, this.wholeBatches)) await log.append([batch]);
      throw new Error('cut');
    };
    return new Proxy(log, {
      get: (target, key) => {
        if (key === 'append') return append;
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

function definition(name: string): TopicDefinition {
  return {
    name,
    partitions: PARTITIONS,
    mayGrow: false,
    replicationFactor: 1,
    minInsyncReplicas: 1,
    cleanupPolicy: 'delete',
    maxMessageBytes: 1_048_588,
    outlivesPendingMail: false,
    why: 'a test',
  };
}

function connect(prefix: string): Promise<KafkaLog> {
  return openKafkaLog({
    brokers,
    clientId: 'conformance',
    prefix,
    telemetry: { log: () => {} },
    onFatal: (error) => assert.fail(error),
    allowSingleReplica: true,
    times: { heartbeatMs: 100, fetchWaitMs: 50 },
    lingers: { otherMs: 5 },
  });
}

describe(`on Kafka ${process.env.PENSTOCK_TEST_KAFKA ?? RELEASE}`, () => {
  let end = async () => {};

  before(async () => {
    const given = process.env.PENSTOCK_TEST_KAFKA;
    if (given) {
      brokers = given.split(',');
      return;
    }
    assert.ok(RELEASE === '4.1' || RELEASE === '3.9', `no Kafka ${RELEASE} is known here`);
    const folder = await mkdtemp(join(tmpdir(), 'penstock-kafka-'));
    const stack = await startStack({ folder, basePort: 'free', kafka: RELEASE, only: ['kafka'] });
    brokers = stack.addresses.kafka ?? [];
    end = async () => {
      await stack.down({ wipe: true });
      await rm(folder, { recursive: true, force: true });
    };
  });

  after(() => end());

  eventLogConformance('kafka', () => KafkaLogHarness.open());
});
