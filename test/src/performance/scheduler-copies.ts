/**
 * How long a scheduler takes that has lost its disk, with so many deliveries pending: from the log, from a copy of its
 * state, and, beside them, from its own disk; and what the copy costs whoever makes it. In one process, four partitions,
 * a log and copies in folders of one disk.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Embedded, openEmbedded, openLocalState } from '@penstock/adapter-embedded';
import { openFolderContent, type SharedContent } from '@penstock/adapter-s3';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { memoryQuotas } from '@penstock/deployment';
import { derivedId, type Fact, factId, formatDeliveryId } from '@penstock/events';
import type { Resolver } from '@penstock/ports';
import { createScheduler, type Scheduler } from '@penstock/scheduler';
import { programOptions } from '../fixtures/program-options.ts';

const PARTITIONS = 4;
const APPENDED_TOGETHER = 500;
const LOOK_EVERY_MS = 20;
const { deliveries } = programOptions({
  usage: 'node test/dist/performance/scheduler-copies.js [--deliveries 1000000]',
  numbers: { deliveries: 1_000_000 },
});
const folder = mkdtempSync(join(tmpdir(), 'penstock-copies-'));
const telemetry = {
  log: (level: string, event: string, fields?: object) => {
    if (level === 'error' || level === 'warn') console.error(event, fields);
  },
};
const world = { clock: systemClock, timers: systemTimers, random: systemRandom, telemetry };
/** There is no policy, so nothing is released and nobody asks. */
const nobody = { kind: 'failure', detail: 'there is no DNS here' } as const;
const resolver: Resolver = {
  resolveMx: async () => nobody,
  resolveAddresses: async () => nobody,
  resolveTxt: async () => nobody,
};

interface Measured {
  readonly seconds: number;
  /** Of all threads of this process. */
  readonly cpuSeconds: number;
}

async function measured(work: () => Promise<void>): Promise<Measured> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - started) / 1e3, cpuSeconds: (user + system) / 1e6 };
}

/** A scheduler with a disk, until it holds what the log does. */
async function scheduled(engine: Embedded, disk: string, copies?: SharedContent['copies']): Promise<Measured> {
  const dataDir = join(folder, disk);
  mkdirSync(dataDir, { recursive: true });
  const local = openLocalState({ dataDir, telemetry });
  const scheduler = createScheduler({
    ...world,
    log: engine.log,
    state: local.state,
    resolver,
    quotas: memoryQuotas(systemClock),
    owner: disk,
    // None is made in here: the log stands still.
    ...(copies && { copies, copyEveryMs: Number.MAX_SAFE_INTEGER }),
  });
  const consumer = scheduler.consumers.find(({ group }) => group === 'scheduler');
  if (consumer?.topic !== 'mail.events') throw new Error('the scheduler folds no facts');
  const ends = await endsOf(engine);
  let leave = async (): Promise<void> => {};
  const took = await measured(async () => {
    ({ leave } = await engine.log.join(consumer));
    while (!reached(scheduler, ends)) await systemTimers.sleep(LOOK_EVERY_MS);
  });
  await leave();
  await scheduler.stop();
  local.close();
  return took;
}

function endsOf({ log }: Embedded): Promise<readonly number[]> {
  const bounds = Array.from({ length: PARTITIONS }, (_, partition) => log.bounds('mail.events', partition));
  return Promise.all(bounds).then((all) => all.map(({ end }) => end));
}

function reached(scheduler: Scheduler, ends: readonly number[]): boolean {
  const positions = scheduler.positions();
  return ends.every((end, partition) => (positions.get(partition) ?? 0) >= end);
}

/** What the scheduler of this disk would copy, partition by partition. */
async function copyAll(disk: string, copies: SharedContent['copies']): Promise<Measured> {
  const local = openLocalState({ dataDir: join(folder, disk), telemetry });
  const took = await measured(async () => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const name = `scheduler-${partition}`;
      await copies.copy(name, await local.state.open(name), new AbortController().signal);
    }
  });
  local.close();
  return took;
}

async function writeFacts({ log }: Embedded): Promise<void> {
  const at = Date.now();
  for (let n = 0; n < deliveries; ) {
    const batches = [];
    for (let partition = 0; partition < PARTITIONS && n < deliveries; partition++) {
      const records: Fact[] = [];
      while (records.length < APPENDED_TOGETHER && n < deliveries) records.push(processed(n++, partition, at));
      batches.push({ topic: 'mail.events' as const, partition, records });
    }
    await log.append(batches);
  }
}

function processed(n: number, partition: number, at: number): Fact {
  const messageId = `copy${String(n).padStart(9, '0')}${derivedId('message', n).slice(0, 10)}`;
  const deliveryId = formatDeliveryId({ messageId, index: 0, partition });
  return {
    id: factId(deliveryId, 0, 'processed', ''),
    type: 'processed',
    version: 1,
    at,
    deliveryId,
    messageId,
    tenant: 'default',
    partition,
    release: 0,
    body: {
      content: { body: 'ao9k-1k2j3h4g5f6d-7-2s-36k-x0q1', recipient: 'ao9k-1k2j3h4g5f6d-7-3ak-4c-y1r2' },
      index: 0,
      domain: `d${n % 400}.example`,
      recipientHash: derivedId(n),
      class: 'bulk',
      pool: 'default',
      acceptedAt: at,
      sendAt: at,
      size: 4_435,
      protocol: 'http',
      expanded: false,
    },
  };
}

function megabytes(path: string): number {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0) / 1e6;
}

async function main(): Promise<void> {
  const fail = (error: Error) => {
    throw error;
  };
  const engine = await openEmbedded({ dataDir: join(folder, 'log'), telemetry, onFatal: fail });
  await writeFacts(engine);
  const content = await openFolderContent({ ...world, folder: join(folder, 'content'), create: true });
  const rows: (readonly [string, Measured])[] = [];
  const told = (what: string, took: Measured) => {
    rows.push([what, took]);
    console.log(`${what.padEnd(34)} ${took.seconds.toFixed(1)} s, ${took.cpuSeconds.toFixed(1)} s of CPU`);
  };
  told('disk lost, no copy: from the log', await scheduled(engine, 'first'));
  told('its own disk', await scheduled(engine, 'first'));
  told('making the copy', await copyAll('first', content.copies));
  told('disk lost: from the copy', await scheduled(engine, 'second', content.copies));
  const copied = Math.round(megabytes(join(folder, 'content', 'copies')));
  console.log(`the copy is ${copied} MB`);
  const entries = rows.map(([what, { seconds, cpuSeconds }]) => [what, { seconds, cpuSeconds }]);
  const rssMb = Math.round(process.memoryUsage().rss / 1e6);
  console.log(JSON.stringify({ deliveries, copied_mb: copied, rss_mb: rssMb, ...Object.fromEntries(entries) }));
  await content.close();
  await engine.close();
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
