// What `npm test` runs: build, lint, then every spec, and at the very end one line with the counts.
//
//   npm test                    everything
//   npm test -- scheduler       the specs whose path contains `scheduler`
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import process from 'node:process';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

const filters = process.argv.slice(2);

/** Runs a tool of the workspace; its output is shown as it comes. */
function passes(title, command, args) {
  console.log(`> ${title}`);
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return true;
  console.error(`${title} failed${error ? `: ${error.message}` : ''}`);
  return false;
}

function finish(passed, failed, skipped) {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

function specs() {
  const all = globSync(
    ['libs/**', 'services/*', 'infra/*', 'test'].map((folder) => `${folder}/dist/**/*.spec.js`),
    {
      exclude: (path) => String(path).includes('node_modules'),
    },
  ).sort();
  // A spec whose source is gone leaves its old output behind.
  const current = all.filter((path) => globSync(path.replace('/dist/', '/src/').replace(/\.js$/, '.ts')).length > 0);
  const wanted =
    filters.length === 0 ? current : current.filter((path) => filters.some((filter) => path.includes(filter)));
  // The longest begin first, so that no core waits for them at the end.
  return [...wanted.filter(isLong), ...wanted.filter((path) => !isLong(path))];
}

function isLong(path) {
  return /^test\/dist\/(simulation|faults|end-to-end|smuggling|signatures)\//.test(path);
}

/** Counts leaves only: a suite is no test, a file is no test. */
function runSpecs(files) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const reasons = [];
  const spent = new Map();
  const started = process.hrtime.bigint();
  const stream = run({ files, concurrency: 2, timeout: 170_000 });
  const title = (data) => `${(data.file ?? '').replace(`${root}/`, '')} › ${data.name}`;
  // What tests at the top of a file took, those within them included.
  const spend = (data) => {
    if (data.nesting > 0 || data.file === undefined || isFile(data)) return;
    spent.set(data.file, (spent.get(data.file) ?? 0) + data.details.duration_ms);
  };
  stream.on('test:pass', (data) => {
    spend(data);
    if (data.details.type === 'suite' || isFile(data)) return;
    if (data.skip !== undefined || data.todo !== undefined) {
      counts.skipped += 1;
      reasons.push(`skipped: ${title(data)}: ${data.skip ?? data.todo}`);
    } else counts.passed += 1;
  });
  stream.on('test:fail', (data) => {
    spend(data);
    const cause = data.details.error?.cause ?? data.details.error;
    // A suite or file that fails only because something in it failed is that something's failure.
    if (data.details.error?.failureType === 'subtestsFailed') return;
    counts.failed += 1;
    console.error(`\nFAILED ${title(data)}\n${cause?.stack ?? cause}\n`);
  });
  stream.on('test:stderr', ({ message }) => process.stderr.write(message));
  stream.on('test:stdout', ({ message }) => process.stdout.write(message));
  return new Promise((done) => {
    stream.on('end', () => {
      for (const reason of reasons) console.log(reason);
      tellSlowest(spent);
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      console.log(`\n${files.length} spec files in ${seconds.toFixed(1)} s`);
      done(counts);
    });
    stream.resume();
  });
}

const TOLD = 8;

function tellSlowest(spent) {
  const slowest = [...spent].sort(([, one], [, other]) => other - one).slice(0, TOLD);
  for (const [file, ms] of slowest) console.log(`${(ms / 1000).toFixed(1).padStart(6)} s  ${relative(root, file)}`);
}

function isFile(data) {
  return data.nesting === 0 && data.file !== undefined && resolve(root, data.name) === data.file;
}

const bin = (name) => resolve(root, 'node_modules/.bin', name);

// Without a build there is nothing to run; lint failures are counted and the specs run all the same.
if (!passes('tsc -b', bin('tsc'), ['-b'])) {
  finish(0, 1, 0);
} else {
  const checks =
    filters.length > 0
      ? []
      : [passes('biome check', bin('biome'), ['check', '.']), passes('knip', bin('knip'), ['--no-progress'])];
  const files = specs();
  if (files.length === 0) console.error(`no spec matches ${filters.join(' ')}`);
  const { passed, failed, skipped } = await runSpecs(files);
  const right = checks.filter(Boolean).length;
  finish(passed + right, failed + (checks.length - right), skipped);
}
