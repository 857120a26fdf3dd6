// What the runners of specs share: tools of the workspace, counts of leaves, and the line at the very end.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import process from 'node:process';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

export const bin = (name) => resolve(root, 'node_modules/.bin', name);

/** Runs a tool of the workspace; its output is shown as it comes. */
export function passes(title, command, args) {
  console.log(`> ${title}`);
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return true;
  console.error(`${title} failed${error ? `: ${error.message}` : ''}`);
  return false;
}

export function finish(passed, failed, skipped) {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

/** Built files of that ending whose source is still there, of all packages or those that a filter names. */
export function built(ending, filters) {
  const all = globSync(
    ['libs/**', 'services/*', 'infra/*', 'test'].map((folder) => `${folder}/dist/**/*.${ending}.js`),
    { exclude: (path) => String(path).includes('node_modules') },
  ).sort();
  // A spec whose source is gone leaves its old output behind.
  const current = all.filter((path) => globSync(path.replace('/dist/', '/src/').replace(/\.js$/, '.ts')).length > 0);
  return filters.length === 0 ? current : current.filter((path) => filters.some((filter) => path.includes(filter)));
}

/** Counts leaves only: a suite is no test, a file is no test. */
export function runSpecs(files, { concurrency, timeoutMs }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const reasons = [];
  const spent = new Map();
  const started = process.hrtime.bigint();
  const stream = run({ files, concurrency, timeout: timeoutMs });
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
