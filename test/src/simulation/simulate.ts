/**
 * The simulation from the command line.
 *
 * node test/dist/simulation/simulate.js --seed N [--messages M] [--verbose]     one seed, with its story
 * node test/dist/simulation/simulate.js --seeds K [--from N|<git hash>]         K seeds in a row
 */
import { parseArgs } from 'node:util';
import { Coverage } from './coverage.ts';
import { keep } from './kept-seeds.ts';
import { PLANTED_BUGS } from './planted-bugs/index.ts';
import { commandOf, reportFailure } from './report.ts';
import { runCase, type SeedCase } from './seed-case.ts';
import { runCases } from './seeds-in-children.ts';
import { shrink } from './shrinking.ts';
import { runLong } from './three-days.ts';

const USAGE = `simulate --seed N | --seeds K [--from N|<git hash>] [--messages M]

  --seed N         runs one seed and prints its fault plan and what came of it
  --seeds K        runs K seeds, from --from on (a number, or a commit hash), on all cores
  --messages M     deliveries that the campaign asks for, 200 if absent
  --twice          runs each seed twice; both must take the same steps
  --planted NAME   composes the services with a bug, and stops at the first seed that finds it:
                   ${Object.keys(PLANTED_BUGS).join(', ')}
  --faults 'F=R …' these faults at these rates, and no others
  --trouble MS     how long faults happen, of virtual time
  --shrink         makes the first failing seed smaller
  --keep           shrinks it, and writes it into kept-seeds.json, which the specs replay
  --hours H        a quiet run of H virtual hours with --messages M deliveries, 10000 if absent
  --verbose        prints every step of --seed
`;

function readArgs() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      from: { type: 'string', default: '1' },
      messages: { type: 'string' },
      hours: { type: 'string' },
      twice: { type: 'boolean', default: false },
      planted: { type: 'string' },
      faults: { type: 'string' },
      trouble: { type: 'string' },
      shrink: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return values;
}

type Args = ReturnType<typeof readArgs>;

/** The first 32 bits of a commit hash, or the number itself. */
function seedOf(text: string): number {
  const seed =
    /^[0-9a-f]{7,40}$/.test(text) && !/^\d+$/.test(text) ? Number.parseInt(text.slice(0, 8), 16) : Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`not a seed: ${text}`);
  return seed;
}

function caseOf(args: Args, seed: number): SeedCase {
  const { messages = '200', faults, trouble, planted } = args;
  const rates = faults?.split(/\s+/).flatMap((text) => (text === '' ? [] : [text.split('=')]));
  return {
    seed,
    messages: Number(messages),
    ...(rates ? { faults: Object.fromEntries(rates.map(([fault, rate]) => [fault, Number(rate)])) } : {}),
    ...(trouble === undefined ? {} : { troubleMs: Number(trouble) }),
    ...(planted === undefined ? {} : { planted }),
  };
}

async function runOne(args: Args, one: SeedCase): Promise<number> {
  const report = await runCase(one, args.verbose ? console.log : undefined);
  const ends = [...report.ends].map(([type, n]) => `${n} ${type}`).join(', ');
  console.log(`seed ${report.seed}: ${report.plan}\n${report.steps} steps, ${ends}; digest ${report.digest}`);
  if (report.failure) console.error(reportFailure(report, one));
  return conclude(args, 1, report.failure ? [one] : []);
}

async function runMany(args: Args): Promise<number> {
  const first = seedOf(args.from);
  const count = Number(args.seeds);
  const coverage = new Coverage();
  const cases = Array.from({ length: count }, (_, i) => caseOf(args, first + i));
  const failing: SeedCase[] = [];
  let deliveries = 0;
  const began = performance.now();
  const summaries = await runCases({
    cases,
    twice: args.twice,
    stopsAtFirst: args.planted !== undefined,
    told: ({ seed, fired, seen, deliveries: ended, failure }) => {
      coverage.add(fired, seen);
      deliveries += ended;
      if (!failure) return;
      failing.push(caseOf(args, seed));
      console.error(failure.report);
    },
  });
  const seconds = (performance.now() - began) / 1000;
  const runs = summaries.length * (args.twice ? 2 : 1);
  const rate = `${(runs / seconds).toFixed(1)} runs/s, ${Math.round((deliveries * (args.twice ? 2 : 1)) / seconds)} deliveries/s`;
  console.log(`${runs} runs of ${summaries.length} seeds in ${seconds.toFixed(1)} s: ${rate}`);
  const code = await conclude(args, summaries.length, failing);
  return code === 0 && !isCovered(coverage) ? 1 : code;
}

async function conclude(args: Args, count: number, failing: readonly SeedCase[]): Promise<number> {
  const [first] = failing.toSorted((a, b) => a.seed - b.seed);
  if (first && (args.shrink || args.keep)) await makeSmall(args, first);
  console.log(`${count - failing.length} passed, ${failing.length} failed, 0 skipped`);
  return failing.length === 0 ? 0 : 1;
}

async function makeSmall(args: Args, one: SeedCase): Promise<void> {
  const shrunk = await shrink(one);
  if (!shrunk) {
    console.log(`seed ${one.seed} did not fail again by itself: it cannot be made smaller`);
    return;
  }
  const { smallest, found, steps, runs } = shrunk;
  console.log(`smallest of ${runs} runs, ${steps} steps: ${found}\n${commandOf(smallest)}`);
  if (args.keep) keep({ ...smallest, found });
}

/** Says how often each fault and each mark was met; false if there were seeds enough to meet them all, and they did not. */
function isCovered(coverage: Coverage): boolean {
  console.log(String(coverage));
  const missed = coverage.missed();
  if (missed.length === 0) return true;
  console.log(`never met: ${missed.join(', ')}${coverage.isEnough ? '' : ' (too few seeds to demand it)'}`);
  return !coverage.isEnough;
}

async function runHours(hours: number, deliveries: number): Promise<number> {
  const began = performance.now();
  const report = await runLong({ hours, deliveries });
  const seconds = (performance.now() - began) / 1000;
  const ends = [...report.ends].map(([type, n]) => `${n} ${type}`).join(', ');
  console.log(`${report.hours.toFixed(1)} virtual hours in ${seconds.toFixed(2)} s, ${report.steps} steps: ${ends}`);
  return 0;
}

async function main(): Promise<number> {
  const args = readArgs();
  if (args.help || (args.seed === undefined && args.seeds === undefined && args.hours === undefined)) {
    console.log(USAGE);
    return args.help ? 0 : 2;
  }
  if (args.hours !== undefined) return runHours(Number(args.hours), Number(args.messages ?? '10000'));
  return args.seed === undefined ? runMany(args) : runOne(args, caseOf(args, seedOf(args.seed)));
}

process.exitCode = await main();
