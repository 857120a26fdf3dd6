// What `npm run test:real` runs: the suites that need real servers, against Kafka of two release lines, Redis and an S3
// server started here from their own packages (docs/local-stack.md). What cannot be started fails; nothing is passed by.
//
//   npm run test:real                       everything
//   npm run test:real -- redis              the suites whose path contains `redis`
//   PENSTOCK_REAL=kafka,redis npm run test:real   without the engines that are not named, told as skipped
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { bin, built, finish, passes, runSpecs } from './spec-runner.mjs';

/** What a suite needs is in its name; what is in none of these needs Kafka and Redis. */
const ENGINES = ['kafka', 'redis', 's3', 'jaeger'];
const wantedEngines = (process.env.PENSTOCK_REAL ?? ENGINES.join()).split(',').filter((name) => name !== '');
const unknown = wantedEngines.filter((name) => !ENGINES.includes(name));
const filters = process.argv.slice(2);
const LIMIT_MS = 600_000;

/** The suites that Kafka of the older line is for too; the one that kills brokers has its own, and once is enough. */
const ON_BOTH_LINES = /\/conformance\/kafka(?!-failover)/;

const counts = { passed: 0, failed: 0, skipped: 0 };

function add({ passed, failed, skipped }) {
  counts.passed += passed;
  counts.failed += failed;
  counts.skipped += skipped;
}

/** What these count or time would suffer from a neighbour: they run alone, after the others. */
const ALONE = /\/(rolling-restart|leader-killed|kafka-failover)\.real/;

/** Runs the suites beside one stack, two at a time, whose addresses they find in the environment. */
async function beside(kafka, files) {
  if (files.length === 0) return;
  const { startStack } = await import('../infra/local/dist/index.js');
  const folder = mkdtempSync(join(tmpdir(), 'penstock-real-'));
  console.log(
    `> ${files.length} suites beside Kafka ${kafka} and ${wantedEngines.filter((name) => name !== 'kafka').join(', ')}`,
  );
  let stack;
  try {
    stack = await startStack({ folder, basePort: 'free', kafka, only: wantedEngines, report: console.log });
    const { addresses } = stack;
    process.env.PENSTOCK_TEST_KAFKA = addresses.kafka.join();
    process.env.PENSTOCK_TEST_KAFKA_LINE = kafka;
    if (stack.servers.some(({ name }) => name === 'redis'))
      process.env.PENSTOCK_TEST_REDIS = new URL(addresses.redis).host;
    process.env.PENSTOCK_TEST_JAEGER = JSON.stringify({ otlp: addresses.otlpHttp, query: addresses.jaegerQuery });
    process.env.PENSTOCK_TEST_S3 = JSON.stringify(addresses.s3 ?? null);
    const [alone, together] = [files.filter((path) => ALONE.test(path)), files.filter((path) => !ALONE.test(path))];
    add(await runSpecs(together, { concurrency: 2, timeoutMs: LIMIT_MS }));
    if (alone.length > 0) add(await runSpecs(alone, { concurrency: 1, timeoutMs: LIMIT_MS }));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    counts.failed += 1;
  } finally {
    await stack?.down({ wipe: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

function needed(path) {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.startsWith('tracing')) return ['jaeger'];
  return ENGINES.filter((engine) => name.includes(engine));
}

if (unknown.length > 0) {
  console.error(`PENSTOCK_REAL: there is no engine ${unknown.join()}; there are ${ENGINES.join()}`);
  finish(0, 1, 0);
} else if (!passes('tsc -b', bin('tsc'), ['-b'])) {
  finish(0, 1, 0);
} else {
  const all = built('real', filters).filter((path) => !path.startsWith('infra/'));
  const runnable = all.filter((path) => needed(path).every((engine) => wantedEngines.includes(engine)));
  for (const path of all) {
    if (runnable.includes(path)) continue;
    console.log(`skipped: ${path}: needs ${needed(path).join()}, which PENSTOCK_REAL leaves out`);
    counts.skipped += 1;
  }
  await beside('4.1', runnable);
  await beside(
    '3.9',
    runnable.filter((path) => ON_BOTH_LINES.test(path)),
  );
  if (all.length === 0) console.error(`no suite matches ${filters.join(' ')}`);
  finish(counts.passed, counts.failed, counts.skipped);
}
