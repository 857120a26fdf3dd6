/**
 * Appends alone, to many partitions at once, while the broker that leads most of them is killed: what was acknowledged
 * has to be in the log. With guard A off this is how kafkajs loses records (docs/kafka.md).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KafkaLog, openKafkaLog } from '@penstock/adapter-kafka';
import { type Stack, startStack } from '@penstock/local-stack';
import { Load, PARTITIONS, TOPIC } from '../../conformance/failover-load.ts';
import { applyTopics } from '../../end-to-end/apart/services.ts';
import { BrokerLeaders, startAgain } from '../../fixtures/broker-leaders.ts';
import { until } from '../../fixtures/until.ts';

export interface AppendOptions {
  /** Records of each run. */
  readonly records: number;
  readonly runs: number;
  /** Guard A: one leader to a send, and every partition sent must be answered. */
  readonly guardLeaders: boolean;
}

export interface AppendRun {
  readonly acknowledged: number;
  /** Acknowledged, and not in the log. */
  readonly missing: number;
  /** Partitions that miss some. */
  readonly partitions: number;
  readonly killedAt: number;
  readonly rejected: number;
}

const BROKERS = 3;
const WRITERS = 8;
/** A broker that comes back reads each of its partitions first. */
const FEW = { 'mail.attempts': 1, 'mail.submissions': 1 };
const READ_AT_ONCE = 1_000;
const SILENT = { log: () => {} };

/** Runs one after the other over the same brokers. */
export async function appendUnderKills(
  options: AppendOptions,
  told: (run: AppendRun) => void,
): Promise<readonly AppendRun[]> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-appends-'));
  const stack = await startStack({ folder, basePort: 'free', brokers: BROKERS, only: ['kafka'] });
  try {
    const brokers = stack.addresses.kafka;
    await applyTopics(brokers, { partitions: { ...FEW, [TOPIC]: PARTITIONS } });
    const leaders = await BrokerLeaders.of(brokers, TOPIC);
    const runs: AppendRun[] = [];
    for (let n = 0; n < options.runs; n++) {
      const run = await appendOnce(stack, leaders, options);
      told(run);
      runs.push(run);
    }
    await leaders.close();
    return runs;
  } finally {
    await stack.down({ wipe: true });
    await rm(folder, { recursive: true, force: true });
  }
}

async function appendOnce(stack: Stack, leaders: BrokerLeaders, options: AppendOptions): Promise<AppendRun> {
  const { records, guardLeaders } = options;
  const open = (n: number) =>
    openKafkaLog({
      brokers: stack.addresses.kafka,
      clientId: `writers-${n}`,
      telemetry: SILENT,
      onFatal: () => {},
      guards: { leaders: guardLeaders },
    });
  const logs = [await open(1), await open(2)] as const;
  try {
    await until(() => leaders.inSync(BROKERS), 'every copy is in sync');
    const ends = await Promise.all(partitions().map(async (one) => (await logs[0].bounds(TOPIC, one)).end));
    const load = new Load(records);
    load.allow(records);
    const writing = Promise.all(Array.from({ length: WRITERS }, (_, w) => load.write(logs[w % 2 === 0 ? 0 : 1], w)));
    const reached = until(() => load.acknowledgedCount >= records / 3, 'a third is acknowledged', { everyMs: 5 });
    await Promise.race([writing, reached]);
    const { broker } = await leaders.busiest();
    await stack.broker(broker).kill();
    const killedAt = load.acknowledgedCount;
    await writing;
    await startAgain(stack.broker(broker));
    const { acknowledgedCount: acknowledged, rejected } = load;
    return { acknowledged, ...(await missing(logs[0], load, ends)), killedAt, rejected };
  } finally {
    await Promise.all(logs.map((log) => log.close()));
  }
}

async function missing(log: KafkaLog, load: Load, from: readonly number[]) {
  let all = 0;
  let affected = 0;
  for (const partition of partitions()) {
    const ids = await idsFrom(log, partition, from[partition] ?? 0);
    const lost = [...(load.acknowledged[partition]?.keys() ?? [])].filter((id) => !ids.has(id)).length;
    all += lost;
    if (lost > 0) affected++;
  }
  return { missing: all, partitions: affected };
}

async function idsFrom(log: KafkaLog, partition: number, from: number): Promise<ReadonlySet<string>> {
  const { end } = await log.bounds(TOPIC, partition);
  const ids = new Set<string>();
  for (let next = from; next < end; ) {
    const records = await log.read(TOPIC, partition, next, READ_AT_ONCE);
    for (const { record } of records) ids.add(record.id);
    next = (records.at(-1)?.offset ?? end - 1) + 1;
  }
  return ids;
}

function partitions(): readonly number[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => partition);
}
