/** A whole scheduler over the embedded engine's log and a state on disk, whose releases somebody else ends at once. */
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Embedded, openEmbedded, openLocalState } from '@penstock/adapter-embedded';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { publishPolicy } from '@penstock/control';
import { memoryQuotas } from '@penstock/deployment';
import { classPartitions, derivedId, EMBEDDED_PARTITIONS, type Fact } from '@penstock/events';
import { parsePolicy } from '@penstock/policy';
import type { AnyConsumer, Resolver, StoredRecord } from '@penstock/ports';
import { createScheduler, type Scheduler } from '@penstock/scheduler';
import { type PendingMail, POLICY, processed } from './pending-mail.ts';

export interface DurableFigures {
  readonly pending: number;
  readonly lanes: number;
  readonly released: number;
  readonly releasedPerSecond: number;
  /** Of this process and all its threads while it released, µs a release: log, commands and their reader included. */
  readonly cpuUs: number;
  /** From the first record read to the first release. */
  readonly startSeconds: number;
  /** Of the log and of the scheduler's state, bytes a delivery. */
  readonly logBytes: number;
  readonly stateBytes: number;
  readonly rssMb: number;
}

const APPENDED_TOGETHER = 1_000;
const LOOK_EVERY_MS = 5;
const WARM = 0.2;
const telemetry = {
  log: (level: string, event: string, fields?: object) => {
    if (level === 'error' || level === 'warn') console.error(event, fields);
  },
};
const world = { clock: systemClock, timers: systemTimers, random: systemRandom, telemetry };
const DAY = 24 * 60 * 60 * 1_000;
const resolver: Resolver = {
  resolveMx: async (domain) => ({ kind: 'mx', hosts: [{ name: `mx.${domain}`, preference: 10 }], ttlMs: DAY }),
  resolveAddresses: async () => ({ kind: 'none' }),
  resolveTxt: async () => ({ kind: 'none' }),
};

/** @param folder an empty one, on a disk with room for about 2 KB a delivery */
export async function durable(mail: PendingMail, releases: number, folder: string): Promise<DurableFigures> {
  const fail = (error: Error) => {
    throw error;
  };
  const engine = await openEmbedded({ dataDir: join(folder, 'log'), telemetry, onFatal: fail });
  await publishPolicy({ ...world, log: engine.log, text: POLICY, policy: parsePolicy(POLICY), changedBy: 'benchmark' });
  await claimSources(engine);
  await writeFacts(engine, mail);
  const logBytes = bytesIn(join(folder, 'log')) / mail.deliveries;
  const disk = join(folder, 'state');
  mkdirSync(disk);
  const local = openLocalState({ dataDir: disk, telemetry });
  const scheduler = createScheduler({
    ...world,
    log: engine.log,
    state: local.state,
    resolver,
    quotas: memoryQuotas(systemClock),
    owner: 'benchmark',
  });
  const receiver = new TakesEverything(engine);
  const started = performance.now();
  const memberships = await joinAll(engine, scheduler, receiver);
  while (receiver.taken === 0) await systemTimers.sleep(LOOK_EVERY_MS);
  const startSeconds = (performance.now() - started) / 1e3;
  const measured = await measureReleases(receiver, releases);
  const rssMb = Math.round(process.memoryUsage().rss / 1e6);
  for (const { leave } of memberships) await leave();
  await scheduler.stop();
  local.close();
  const stateBytes = bytesIn(disk) / (mail.deliveries - receiver.taken);
  await engine.close();
  return { pending: mail.deliveries, lanes: mail.lanes, ...measured, startSeconds, logBytes, stateBytes, rssMb };
}

/** The first fifth is for the compiler. */
async function measureReleases(receiver: TakesEverything, releases: number) {
  while (receiver.taken < releases * WARM) await systemTimers.sleep(LOOK_EVERY_MS);
  const [since, before, cpu] = [performance.now(), receiver.taken, process.cpuUsage()];
  while (receiver.taken < before + releases) await systemTimers.sleep(LOOK_EVERY_MS);
  const released = receiver.taken - before;
  const seconds = (performance.now() - since) / 1e3;
  const { user, system } = process.cpuUsage(cpu);
  return { released, releasedPerSecond: released / seconds, cpuUs: (user + system) / released };
}

async function joinAll({ log }: Embedded, scheduler: Scheduler, receiver: TakesEverything) {
  await scheduler.start();
  const memberships = [await log.join(receiver.consumer)];
  for (const consumer of scheduler.consumers) memberships.push(await log.join(consumer));
  return memberships;
}

/** Reads the commands, and records for each that the receiver took it. */
class TakesEverything {
  taken = 0;
  readonly consumer: AnyConsumer;

  constructor(private readonly engine: Embedded) {
    this.consumer = {
      group: 'dispatcher',
      topic: 'mail.attempts',
      handler: {
        assigned: async () => 0,
        batch: (_, records) => this.take(records),
        revoked: async () => {},
        failed: (_, error) => {
          throw error;
        },
      },
    };
  }

  private async take(records: readonly StoredRecord<'mail.attempts'>[]): Promise<void> {
    const byPartition = new Map<number, Fact[]>();
    for (const { record } of records) {
      const facts = byPartition.get(record.partition) ?? [];
      facts.push(...delivered(record));
      byPartition.set(record.partition, facts);
      this.taken += record.body.deliveries.length;
    }
    const batches = [...byPartition].map(([partition, facts]) => ({
      topic: 'mail.events' as const,
      partition,
      records: facts,
    }));
    await this.engine.log.append(batches);
  }
}

function delivered({ partition, body }: StoredRecord<'mail.attempts'>['record']): Fact[] {
  const { source, site } = body;
  return body.deliveries.map(({ deliveryId, messageId, tenant, release, attempt }) => ({
    id: derivedId(deliveryId, release),
    type: 'delivered',
    version: 1,
    at: Date.now(),
    partition,
    deliveryId,
    messageId,
    tenant,
    release,
    body: {
      attempt,
      source,
      site,
      phase: 'final_dot',
      scope: 'message',
      verdict: { cause: 'accepted', scope: 'message', disposition: 'deliver', confidence: 1 },
      timings: {},
    },
  }));
}

async function claimSources({ log }: Embedded): Promise<void> {
  const records = [...parsePolicy(POLICY).sources.keys()].map((source) => ({
    id: derivedId('claim', source),
    type: 'source_claimed' as const,
    version: 1 as const,
    at: Date.now(),
    partition: 0,
    body: { source, owner: 'benchmark', claimId: source },
  }));
  await log.append([{ topic: 'mail.control', partition: 0, records }]);
}

async function writeFacts({ log }: Embedded, mail: PendingMail): Promise<void> {
  const { first, count } = classPartitions(EMBEDDED_PARTITIONS['mail.events'], 'bulk');
  for (let n = 0; n < mail.deliveries; ) {
    const batches = [];
    for (let partition = first; partition < first + count && n < mail.deliveries; partition++) {
      const records: Fact[] = [];
      while (records.length < APPENDED_TOGETHER && n < mail.deliveries) records.push(processed(n++, partition, mail));
      batches.push({ topic: 'mail.events' as const, partition, records });
    }
    await log.append(batches);
  }
}

function bytesIn(path: string): number {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}
