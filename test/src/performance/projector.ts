/**
 * What a delivery costs the projector: processed, released (in batches of four) and delivered, folded, archived and
 * stored in SQLite files, as fast as one thread goes. `--from-text` counts the parsing of the log's text as well, as
 * the projector's own thread has it.
 *
 * node test/dist/performance/projector.js [--deliveries 30000] [--from-text]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openFolds } from '@penstock/adapter-embedded';
import { MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { derivedId, type Fact, factId } from '@penstock/events';
import type { Consumer, StoredRecord } from '@penstock/ports';
import { createProjector, type Projector } from '@penstock/projector';

const PARTITIONS = 3;
const RELEASED_TOGETHER = 4;
/** Deliveries between the acceptance of one and its outcome: some 50 ms at 1,300/s. */
const UNDER_WAY = 60;
/** Records of one partition that reach a handler together. */
const BATCH = 50;

type Stored = StoredRecord<'mail.events'>;

function processed(deliveryId: string, messageId: string, n: number, at: number): Fact {
  return {
    id: factId(deliveryId, 0, 'processed', '', 0),
    type: 'processed',
    version: 1,
    at,
    partition: n % PARTITIONS,
    deliveryId,
    messageId,
    tenant: 'default',
    body: {
      content: { body: '1-13mh-36u', recipient: '1-16tk-8d' },
      index: 0,
      domain: `d${n % 20}.example`,
      recipientHash: derivedId(n),
      class: 'bulk',
      pool: 'default',
      acceptedAt: at,
      sendAt: at,
      size: 4_435,
      protocol: 'smtp',
      expanded: false,
    },
  };
}

function released(deliveryIds: readonly string[], partition: number, at: number): Fact {
  return {
    id: derivedId('batch', ...deliveryIds),
    type: 'released',
    version: 1,
    at,
    partition,
    body: {
      source: 'smarthost',
      site: 'smarthost',
      path: 'smarthost|site:smarthost',
      pool: 'default',
      class: 'bulk',
      deliveries: deliveryIds.map((deliveryId) => ({ deliveryId, release: 1, attempt: 1, retryMs: 63_307 })),
      startBy: at + 60_000,
      unknownRetryMs: 3_600_000,
      decision: { passedOver: [], credit: { path: 'smarthost|site:smarthost', limit: 10, used: 0 }, budgets: [] },
      policyVersion: '9b568103eb0b',
      controlOffset: 2,
    },
  };
}

function delivered(deliveryId: string, messageId: string, partition: number, at: number): Fact {
  return {
    id: factId(deliveryId, 1, 'delivered', '', 0),
    type: 'delivered',
    version: 1,
    at,
    partition,
    deliveryId,
    messageId,
    tenant: 'default',
    release: 1,
    body: {
      attempt: 1,
      source: 'smarthost',
      site: 'smarthost',
      phase: 'final_dot',
      scope: 'recipient',
      host: { name: '127.0.0.1', address: '127.0.0.1', port: 32_913 },
      reply: { code: 250, enhanced: '2.0.0', text: 'taken' },
      verdict: { cause: 'accepted', scope: 'recipient', disposition: 'deliver', confidence: 1 },
      timings: { queuedMs: 36.300449, connectMs: 32.359929, transactionMs: 20.969985 },
    },
  };
}

/** The facts of each partition in their order, as text. */
function recorded(deliveries: number): readonly (readonly string[])[] {
  const startedAt = systemClock.now();
  const partitions: string[][] = Array.from({ length: PARTITIONS }, () => []);
  const waiting: string[][] = Array.from({ length: PARTITIONS }, () => []);
  const underWay: (() => void)[] = [];
  for (let n = 0; n < deliveries; n++) {
    const partition = n % PARTITIONS;
    const at = startedAt + Math.floor(n / 2);
    const messageId = `P7452z${String(n).padStart(7, '0')}${derivedId('message', n).slice(0, 9)}`;
    const deliveryId = `${messageId}.0.${partition}`;
    const facts = partitions[partition] ?? [];
    facts.push(JSON.stringify(processed(deliveryId, messageId, n, at)));
    const together = waiting[partition] ?? [];
    if (together.push(deliveryId) === RELEASED_TOGETHER || n >= deliveries - PARTITIONS) {
      facts.push(JSON.stringify(released(together.splice(0), partition, at)));
    }
    underWay.push(() => facts.push(JSON.stringify(delivered(deliveryId, messageId, partition, at + 40))));
    if (underWay.length > UNDER_WAY) underWay.shift()?.();
  }
  for (const end of underWay) end();
  return partitions;
}

function factConsumers(projector: Projector): readonly Consumer<'mail.events'>[] {
  return projector.consumers.flatMap((consumer) => (consumer.topic === 'mail.events' ? [consumer] : []));
}

async function feed(
  projector: Projector,
  facts: readonly (readonly string[])[],
  parsed: readonly Stored[][] | undefined,
) {
  const consumers = factConsumers(projector);
  for (const { handler } of consumers) {
    for (let partition = 0; partition < PARTITIONS; partition++) await handler.assigned(partition);
  }
  const longest = Math.max(...facts.map((texts) => texts.length));
  for (let from = 0; from < longest; from += BATCH) {
    for (const [partition, texts] of facts.entries()) {
      const records =
        parsed?.[partition]?.slice(from, from + BATCH) ??
        texts
          .slice(from, from + BATCH)
          .map((text, i) => ({ offset: from + i, record: JSON.parse(text) as Fact, text }));
      if (records.length > 0) await Promise.all(consumers.map(({ handler }) => handler.batch(partition, records)));
    }
    // Time-based writes get their turn, as between two wakes of a live log.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await projector.flush();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { deliveries: { type: 'string', default: '30000' }, 'from-text': { type: 'boolean', default: false } },
  });
  const deliveries = Number(values.deliveries);
  const facts = recorded(deliveries);
  const parsed = values['from-text']
    ? undefined
    : facts.map((texts) => texts.map((text, offset) => ({ offset, record: JSON.parse(text) as Fact, text })));
  const dataDir = mkdtempSync(join(tmpdir(), 'penstock-projector-'));
  const telemetry = { log: () => undefined };
  const folds = openFolds({ dataDir, telemetry });
  const log = new MemoryEventLog(new MemoryLogData());
  const world = { clock: systemClock, timers: systemTimers, random: systemRandom, telemetry };
  const projector = createProjector({ ...world, log, archive: folds.archive, readModels: folds.readModels });
  await projector.start();
  const startedAt = performance.now();
  const before = process.cpuUsage();
  await feed(projector, facts, parsed);
  const { user, system } = process.cpuUsage(before);
  const result = {
    deliveries,
    deliveries_per_s: Math.round((deliveries * 1000) / (performance.now() - startedAt)),
    cpu_us_per_delivery: Number(((user + system) / deliveries).toFixed(1)),
    user_us: Number((user / deliveries).toFixed(1)),
    system_us: Number((system / deliveries).toFixed(1)),
  };
  console.log(JSON.stringify(result));
  await projector.stop();
  folds.close();
  rmSync(dataDir, { recursive: true, force: true });
}

await main();
