/**
 * The simulation from the command line.
 *
 * node test/dist/simulation/simulate.js --seed N [--messages M] [--verbose]     one seed, with its story
 * node test/dist/simulation/simulate.js --seeds K [--from N|<git hash>]         K seeds in a row
 */
import { parseArgs } from 'node:util';
import { Coverage } from './coverage.ts';
import { reportFailure } from './report.ts';
import { runSeed } from './run-seed.ts';

const USAGE = `simulate --seed N | --seeds K [--from N|<git hash>] [--messages M]

  --seed N       runs one seed and prints its fault plan and what came of it
  --seeds K      runs K seeds, from --from on (a number, or a commit hash)
  --messages M   recipients of the campaign, 25 if absent
  --verbose      prints every step
`;

function readArgs() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      from: { type: 'string', default: '1' },
      messages: { type: 'string', default: '25' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return values;
}

/** The first 32 bits of a commit hash, or the number itself. */
function seedOf(text: string): number {
  const seed =
    /^[0-9a-f]{7,40}$/.test(text) && !/^\d+$/.test(text) ? Number.parseInt(text.slice(0, 8), 16) : Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`not a seed: ${text}`);
  return seed;
}

async function main(): Promise<number> {
  const { seed, seeds, from, messages, verbose, help } = readArgs();
  if (help || (seed === undefined && seeds === undefined)) {
    console.log(USAGE);
    return help ? 0 : 2;
  }
  const first = seedOf(seed ?? from);
  const count = seed === undefined ? Number(seeds) : 1;
  const coverage = new Coverage();
  let failed = 0;
  for (let i = 0; i < count; i++) {
    const report = await runSeed({
      seed: first + i,
      messages: Number(messages),
      ...(verbose ? { mirror: console.log } : {}),
    });
    if (seed !== undefined) {
      const ends = [...report.ends].map(([type, n]) => `${n} ${type}`).join(', ');
      console.log(`seed ${report.seed}: ${report.plan}\n${report.steps} steps, ${ends}; digest ${report.digest}`);
    }
    coverage.add(Object.fromEntries(report.fired), Object.fromEntries(report.seen));
    if (!report.failure) continue;
    failed += 1;
    console.error(reportFailure(report, Number(messages)));
  }
  console.log(`${count - failed} passed, ${failed} failed, 0 skipped`);
  return failed === 0 && (seed !== undefined || isCovered(coverage)) ? 0 : 1;
}

/** Says how often each fault and each mark was met; false if there were seeds enough to meet them all, and they did not. */
function isCovered(coverage: Coverage): boolean {
  console.log(String(coverage));
  const missed = coverage.missed();
  if (missed.length === 0) return true;
  console.log(`never met: ${missed.join(', ')}${coverage.isEnough ? '' : ' (too few seeds to demand it)'}`);
  return !coverage.isEnough;
}

process.exitCode = await main();
