/** A whole scheduler over the embedded engine's log and a state on disk, whose releases somebody else ends at once. */
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Embedded, openEmbedded, openLocalState } from '@penstock/adapter-embedded';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { publishPolicy } from '@penstock/control';
import { memoryQuotas } from '@penstock/deployment';
import { classPartitions, derivedId, EMBEDDED_PARTITIONS, type Fact } from '@penstock/events';
import { parsePolicy } from '@penstock/policy';
import type {
  AddressAnswer,
  AnyConsumer,
  Membership,
  MxAnswer,
  Resolver,
  StoredRecord,
  TxtAnswer,
} from '@penstock/ports';
import { createScheduler } from '@penstock/scheduler';
import { type PendingMail, POLICY, processed } from './pending-mail.ts';

export interface DurableFigures {
  readonly pending: number;
  readonly lanes: number;
  readonly released: number;
  readonly releasedPerSecond: number;
  /** Of this process and all its threads while it released, µs a release: log, commands and their reader included. */
  readonly cpuUs: number;
  /** From joining, with its state on disk, until every domain is looked up. */
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

/** Answers at once, each domain with hosts of its own. */
class Exchangers implements Resolver {
  answered = 0;

  async resolveMx(domain: string): Promise<MxAnswer> {
    this.answered += 1;
    return { kind: 'mx', hosts: [{ name: `mx.${domain}`, preference: 10 }], ttlMs: DAY };
  }

  async resolveAddresses(): Promise<AddressAnswer> {
    return { kind: 'none' };
  }

  async resolveTxt(): Promise<TxtAnswer> {
    return { kind: 'none' };
  }
}

/** @param folder an empty one, on a disk with room for about 2 KB a delivery */
export async function durable(mail: PendingMail, releases: number, folder: string): Promise<DurableFigures> {
  const fail = (error: unknown) => {
    throw error;
  };
  const engine = await openEmbedded({ dataDir: join(folder, 'log'), telemetry, onFatal: fail });
  await writeFacts(engine, mail);
  const logBytes = bytesIn(join(folder, 'log')) / mail.deliveries;
  const disk = join(folder, 'state');
  mkdirSync(disk);
  await foldAll(engine, disk, mail);
  const stateBytes = bytesIn(disk) / mail.deliveries;
  await publishPolicy({ ...world, log: engine.log, text: POLICY, policy: parsePolicy(POLICY), changedBy: 'benchmark' });
  const receiver = new TakesEverything(engine, fail);
  const exchangers = new Exchangers();
  const started = performance.now();
  const running = await startScheduler(engine, disk, exchangers, receiver);
  // Nobody owns a source yet, so that nothing goes before every domain is looked up.
  while (exchangers.answered < mail.lanes) await systemTimers.sleep(LOOK_EVERY_MS);
  const startSeconds = (performance.now() - started) / 1e3;
  await claimSources(engine);
  const measured = await measureReleases(receiver, releases);
  const rssMb = Math.round(process.memoryUsage().rss / 1e6);
  await running.stop();
  await engine.close();
  return { pending: mail.deliveries, lanes: mail.lanes, ...measured, startSeconds, logBytes, stateBytes, rssMb };
}

/** A scheduler without a policy, which releases nothing, until all that is pending stands on its disk. */
async function foldAll(engine: Embedded, disk: string, mail: PendingMail): Promise<void> {
  const running = await startScheduler(engine, disk, new Exchangers());
  const folded = () => [...running.scheduler.positions().values()].reduce((sum, position) => sum + position, 0);
  while (folded() < mail.deliveries) await systemTimers.sleep(LOOK_EVERY_MS);
  await running.stop();
}

async function startScheduler(engine: Embedded, disk: string, resolver: Resolver, receiver?: TakesEverything) {
  const local = openLocalState({ dataDir: disk, telemetry });
  const { log } = engine;
  const quotas = memoryQuotas(systemClock);
  const scheduler = createScheduler({ ...world, log, state: local.state, resolver, quotas, owner: 'benchmark' });
  await scheduler.start();
  const memberships: Membership[] = [];
  if (receiver) memberships.push(await log.join(receiver.consumer));
  for (const consumer of scheduler.consumers) memberships.push(await log.join(consumer));
  const stop = async () => {
    for (const membership of memberships) await membership.leave();
    await scheduler.stop();
    local.close();
  };
  return { scheduler, stop };
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

/** Reads the commands, and records for each that the receiver took it. */
class TakesEverything {
  taken = 0;
  readonly consumer: AnyConsumer;

  constructor(
    private readonly engine: Embedded,
    private readonly fail: (error: unknown) => void,
  ) {
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
    // Not waited for, as a dispatcher does not: what comes meanwhile goes with the next sync.
    this.engine.log.append(batches).catch((error: unknown) => this.fail(error));
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
