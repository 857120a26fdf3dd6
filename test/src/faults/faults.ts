/** `npm run faults`: services apart on real engines, disturbed by a seeded schedule, and what became of their mail. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { FaultName } from './apart/history.ts';
import { counted, findings, judge, tally } from './apart/judging.ts';
import { runFaults } from './apart/run.ts';
import { FAULT_NAMES, planFaults, type Schedule, targetsOf } from './apart/schedule.ts';

const USAGE = `npm run faults -- [--seconds 90] [--seed N] [--brokers 1|3] [--rate 20] [--out FOLDER] [--only FAULT,...] [--list]

  --seconds N    how long mail is submitted and faults happen; 600 has each of them at least twice
  --seed N       of load and schedule; drawn if absent
  --brokers N    3 or 1
  --rate N       mails a second
  --out FOLDER   keeps history, report, plot and logs there; else they are deleted if all is well
  --only A,B     these faults and no others: ${FAULT_NAMES.join(', ')}
  --list         prints the schedule of the seed and ends
`;

const SEEDS = 1_000_000;

interface Arguments {
  readonly seconds: number;
  readonly seed: number;
  readonly brokers: number;
  readonly perSecond: number;
  readonly only: readonly FaultName[] | undefined;
  readonly out: string | undefined;
  readonly list: boolean;
  readonly help: boolean;
}

/** @throws RangeError for what cannot be used */
function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '90' },
      seed: { type: 'string' },
      brokers: { type: 'string', default: '3' },
      rate: { type: 'string', default: '20' },
      out: { type: 'string' },
      only: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const seed = values.seed === undefined ? Math.floor(Math.random() * SEEDS) : whole('--seed', values.seed, 0);
  const brokers = whole('--brokers', values.brokers, 1);
  if (brokers !== 1 && brokers !== 3) throw new RangeError(`--brokers ${brokers}: 1 or 3`);
  return {
    seconds: whole('--seconds', values.seconds, 10),
    seed,
    brokers,
    perSecond: whole('--rate', values.rate, 1),
    only: values.only?.split(',').map(faultName),
    out: values.out,
    list: values.list,
    help: values.help,
  };
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new RangeError(`${name} ${text}: a whole number from ${least}`);
  return value;
}

function faultName(text: string): FaultName {
  const found = FAULT_NAMES.find((name) => name === text);
  if (!found) throw new RangeError(`--only ${text}: one of ${FAULT_NAMES.join(', ')}`);
  return found;
}

function list({ faults, omitted }: Schedule, brokers: number): string {
  const rows = faults.map(
    ({ at, fault, target, durationMs, shiftMs }) =>
      `${inSeconds(at).padStart(8)}  ${fault.padEnd(14)} ${target.padEnd(13)} ${inSeconds(durationMs)}${shiftMs === undefined ? '' : `, by ${inSeconds(shiftMs)}`}`,
  );
  const without = omitted.map((text) => `no time for ${text}`);
  const all = FAULT_NAMES.map((fault) => `${fault.padEnd(14)} of ${targetsOf(fault, brokers).join(', ')}`);
  return [...rows, ...without, '', ...all].join('\n');
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function repeat({ seconds, seed, brokers, perSecond, only }: Arguments): string {
  const some = only ? ` --only ${only.join(',')}` : '';
  return `npm run faults -- --seconds ${seconds} --seed ${seed} --brokers ${brokers} --rate ${perSecond}${some}`;
}

async function main(): Promise<number> {
  const args = readArguments();
  if (args.help) {
    console.log(USAGE);
    return 0;
  }
  const schedule = planFaults(args);
  console.log(repeat(args));
  if (args.list) {
    console.log(list(schedule, args.brokers));
    return 0;
  }
  for (const text of schedule.omitted) console.log(`no time for ${text}`);
  const folder = args.out === undefined ? mkdtempSync(join(tmpdir(), 'penstock-faults-')) : resolve(args.out);
  mkdirSync(folder, { recursive: true });
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  process.once('SIGTERM', () => abort.abort());
  const say = (text: string) => console.log(text);
  const result = await runFaults({ ...args, schedule, folder, signal: abort.signal, say });
  if (abort.signal.aborted) {
    console.log('ended early: nothing was judged');
    return 130;
  }
  const verdict = judge(result, { ...args, schedule, folder, command: repeat(args) });
  for (const text of [...findings(verdict), ...result.trouble]) say(text);
  const isWell = verdict.holds && result.trouble.length === 0;
  if (isWell && args.out === undefined) rmSync(folder, { recursive: true, force: true });
  else console.log(`history and logs: ${folder}`);
  console.log(isWell ? 'The run holds.' : `The run does NOT hold. Again: ${repeat(args)}`);
  console.log(tally(verdict, result));
  return isWell ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof RangeError || error instanceof TypeError ? error.message : error);
  console.log(counted(0, 1, 0));
  process.exitCode = 2;
}
