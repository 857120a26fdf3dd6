/** `npm run bench`: how much mail goes through, how fast, at what price, and whether all of it arrived. */
import { whyNoPostfix } from '../fixtures/postfix/postfix.ts';
import { type BenchOptions, type Engine, readOptions, USAGE, UsageError } from './bench-options.ts';
import { jsonLine, medianRow, ratioLine, row } from './bench-report.ts';
import { type Protocol, type Result, run, type Workload } from './run.ts';
import { startPenstockApart } from './system-apart.ts';
import { startPenstock, startPostfix } from './systems.ts';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  const reason = options.besidePostfix ? whyNoPostfix() : undefined;
  if (reason !== undefined) throw new UsageError(reason);
  const results: Result[] = [];
  for (let k = 1; k <= options.runs; k++) results.push(...(await round(options, k)));
  report(options, results);
}

/** Everything once, in turn, so that what the machine does meanwhile falls on all alike. */
async function round(options: BenchOptions, k: number): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const engine of options.engines) {
    for (const protocol of options.protocols) results.push(await penstock(options, engine, protocol, k));
  }
  if (!options.besidePostfix) {
    for (const result of results) console.log(jsonLine(result));
    return results;
  }
  progress(`run ${k} of ${options.runs}: postfix`);
  const peer = await run({
    protocol: 'smtp',
    workload: options,
    start: (relay) => startPostfix(relay, options.postfix),
  });
  for (const result of results) console.log(jsonLine(result, peer));
  console.log(jsonLine(peer));
  return [...results, peer];
}

function penstock(options: BenchOptions, engine: Engine, protocol: Protocol, k: number): Promise<Result> {
  progress(`run ${k} of ${options.runs}: penstock on the ${engine} engine over ${protocol}`);
  const workload: Workload = options;
  return run({
    protocol,
    workload,
    start: (relay) => (engine === 'kafka' ? startPenstockApart(relay, options) : startPenstock(relay, options)),
    ...(options.minutes !== undefined && {
      sampled: ({ atS, mib }) => progress(`${String(atS).padStart(5)} s ${String(mib).padStart(6)} MiB`),
    }),
  });
}

function report(options: BenchOptions, results: readonly Result[]): void {
  console.table(results.map(row));
  if (options.runs > 1) {
    console.table(medianRow(results));
    for (const line of ratioLine(results)) console.log(line);
  }
  const problems = results.flatMap(({ system, protocol, problems: all }) =>
    all.map((p) => `${system}, ${protocol}: ${p}`),
  );
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}

/** Beside the figures, which go to standard output. */
function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

// The exit handlers of what was started must run.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
