// What `npm test` runs: build, lint, then every spec, and at the very end one line with the counts.
//
//   npm test                    everything
//   npm test -- scheduler       the specs whose path contains `scheduler`
import process from 'node:process';
import { bin, built, finish, passes, runSpecs } from './spec-runner.mjs';

const filters = process.argv.slice(2);

function specs() {
  const wanted = built('spec', filters);
  // The longest begin first, so that no core waits for them at the end.
  return [...wanted.filter(isLong), ...wanted.filter((path) => !isLong(path))];
}

function isLong(path) {
  return /^test\/dist\/(simulation|faults|end-to-end|smuggling|signatures)\//.test(path);
}

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
  const { passed, failed, skipped } = await runSpecs(files, { concurrency: 2, timeoutMs: 300_000 });
  const right = checks.filter(Boolean).length;
  finish(passed + right, failed + (checks.length - right), skipped);
}
