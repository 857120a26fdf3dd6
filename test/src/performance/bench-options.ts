/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import { MAX_DOMAINS, MAX_MESSAGES } from './load-template.ts';
import type { Protocol } from './run.ts';

export const USAGE = `Usage: npm run bench -- [options]

Submits messages to Penstock over SMTP, then over HTTP, durable, relays them in smarthost mode to a sink on loopback,
checks that the sink holds each message once and that every timeline can be read, and prints a table and, for each
run, a line of JSON. Ends with 1 if anything is missing. Data lies in the folder for temporary files (TMPDIR).

  --messages N            messages a run                                    (20000)
  --bytes N               bytes of a message, about                         (4096)
  --domains N             recipient domains                                 (20)
  --sessions N            connections of the load generator                 (20)
  --protocol P            smtp, http or both                                (both; smtp with --vs)
  --runs K                runs of each                                      (1; 5 with --vs)
  --vs postfix            a tuned Postfix beside it, runs in turn; medians and their ratio
  --postfix NAME=VALUE    a line of its main.cf, on top of the tuned ones; may be repeated
  --setting NAME=VALUE    a setting of Penstock, such as PENSTOCK_TRACE_RATIO=1; may be repeated
  --engine E              embedded, kafka (four processes and a broker started for the run) or both   (embedded)
  --brokers N             brokers of the kafka engine, 1 or 3               (1)
  --kafka NAME=VALUE      a line of the brokers' settings, such as log.flush.interval.messages=1; may be repeated
  --partitions N          partitions of mail.events                         (32)
  --sign rsa|ed25519      every message is signed with a key of that kind
  --slow-ms N             the sink answers each group of commands N ms late (0)
  --no-chunking           the sink does not offer CHUNKING
  --warm-up N             messages before the run, not measured           (0; 10000 with --engine kafka)
  --rate R                messages a second, instead of as many as go: for latency
  --minutes M             a steady load for M minutes at --rate (500), memory every 5 s
  --timelines N           timelines read at the end of a run                (all; 20000 with --minutes)
  --profile               a CPU profile of Penstock into the current folder
  --help                  this text
`;

export interface BenchOptions {
  readonly messages: number;
  readonly bytes: number;
  readonly domains: number;
  readonly sessions: number;
  readonly protocols: readonly Protocol[];
  readonly runs: number;
  /** Before each run, not measured: what lives for months is measured as it is then. */
  readonly warmUp: number;
  readonly besidePostfix: boolean;
  readonly postfix: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  readonly engines: readonly Engine[];
  readonly brokers: 1 | 3;
  readonly eventPartitions: number | undefined;
  readonly kafkaProperties: Readonly<Record<string, string>>;
  readonly sign: 'rsa' | 'ed25519' | undefined;
  readonly slowMs: number;
  readonly chunking: boolean;
  readonly rate: number | undefined;
  readonly minutes: number | undefined;
  readonly timelines: number | undefined;
  readonly profile: boolean;
}

export type Engine = 'embedded' | 'kafka';

/** Something on the command line cannot be used. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const STEADY_RATE = 500;
const STEADY_TIMELINES = 20_000;

/** Undefined where help was asked for. @throws UsageError */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parsed(args);
  if (values.help) return undefined;
  const besidePostfix = oneOf('vs', values.vs, ['postfix']) !== undefined;
  const protocol = oneOf('protocol', values.protocol, ['smtp', 'http', 'both']) ?? (besidePostfix ? 'smtp' : 'both');
  const engine = oneOf('engine', values.engine, ['embedded', 'kafka', 'both']) ?? 'embedded';
  if (engine !== 'embedded' && values.sign !== undefined) throw new UsageError('--sign is for the embedded engine');
  const minutes = whole('minutes', values.minutes, 24 * 60);
  const rate = whole('rate', values.rate, 1_000_000) ?? (minutes === undefined ? undefined : STEADY_RATE);
  const steady = minutes === undefined ? undefined : minutes * 60 * (rate ?? STEADY_RATE);
  return {
    messages: steady ?? whole('messages', values.messages, MAX_MESSAGES) ?? 20_000,
    bytes: whole('bytes', values.bytes, 25_000_000) ?? 4_096,
    domains: whole('domains', values.domains, MAX_DOMAINS) ?? 20,
    sessions: whole('sessions', values.sessions, 1_000) ?? 20,
    protocols: protocol === 'both' ? ['smtp', 'http'] : [protocol],
    warmUp:
      whole('warm-up', values['warm-up'], MAX_MESSAGES, 0) ??
      (engine === 'embedded' || engine === undefined ? 0 : 10_000),
    runs: whole('runs', values.runs, 1_000) ?? (besidePostfix ? 5 : 1),
    besidePostfix,
    postfix: Object.fromEntries((values.postfix ?? []).map((line) => setting('postfix', line))),
    settings: Object.fromEntries((values.setting ?? []).map((line) => setting('setting', line))),
    engines: engine === 'both' ? ['embedded', 'kafka'] : [engine],
    eventPartitions: whole('partitions', values.partitions, 1_000),
    brokers: oneOf('brokers', values.brokers, ['1', '3']) === '3' ? 3 : 1,
    kafkaProperties: Object.fromEntries((values.kafka ?? []).map((line) => setting('kafka', line))),
    sign: oneOf('sign', values.sign, ['rsa', 'ed25519']),
    slowMs: whole('slow-ms', values['slow-ms'], 10_000, 0) ?? 0,
    chunking: !(values['no-chunking'] ?? false),
    rate,
    minutes,
    timelines: whole('timelines', values.timelines, MAX_MESSAGES) ?? (minutes && STEADY_TIMELINES),
    profile: values.profile ?? false,
  };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    messages: text,
    bytes: text,
    domains: text,
    sessions: text,
    protocol: text,
    runs: text,
    vs: text,
    postfix: { type: 'string', multiple: true } as const,
    setting: { type: 'string', multiple: true } as const,
    engine: text,
    brokers: text,
    partitions: text,
    'warm-up': text,
    kafka: { type: 'string', multiple: true } as const,
    sign: text,
    'slow-ms': text,
    'no-chunking': flag,
    rate: text,
    minutes: text,
    timelines: text,
    profile: flag,
    help: flag,
  };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function setting(option: string, line: string): readonly [name: string, value: string] {
  const [, name, value] = /^([\w.]+) *= *(.*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new UsageError(`--${option} must be name=value, not ${line}`);
  return [name, value];
}

function whole(name: string, given: string | undefined, most: number, least = 1): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not ${given}`);
}

function oneOf<const T extends string>(name: string, given: string | undefined, all: readonly T[]): T | undefined {
  if (given === undefined) return undefined;
  const value = all.find((one) => one === given);
  if (value !== undefined) return value;
  throw new UsageError(`--${name} must be ${all.join(', ')}, not ${given}`);
}
