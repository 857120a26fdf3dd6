/** One run: a system started afresh, N messages in, N messages out, and every one of them looked at. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sink, submit } from './children.ts';
import type { LoadReport } from './load.ts';
import type { SinkReport } from './sink.ts';
import type { Relay, SystemUnderTest } from './systems.ts';
import { readTimelines } from './timelines.ts';

export type Protocol = 'smtp' | 'http';

export interface Workload {
  readonly messages: number;
  readonly bytes: number;
  readonly domains: number;
  readonly sessions: number;
  /** Sent, and waited for, before the run. */
  readonly warmUp: number;
  /** Messages a second; as fast as they go if absent. */
  readonly rate?: number | undefined;
  /** The sink answers each group of commands that much later. */
  readonly slowMs: number;
  /** Whether the sink offers CHUNKING. */
  readonly chunking: boolean;
  /** Timelines read after the run; all if absent. */
  readonly timelines?: number | undefined;
}

export interface MemorySample {
  readonly atS: number;
  readonly mib: number;
}

export interface Result {
  readonly system: string;
  readonly protocol: Protocol;
  readonly messages: number;
  readonly acceptedPerS: number;
  readonly relayedPerS: number;
  /** From acceptance, as the client reads it, to arrival in the sink. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From the moment a message was sent, or due, to the sink. */
  readonly sentP99Ms: number;
  /** From the same moment to the system's answer. */
  readonly acceptP99Ms: number;
  readonly cpuMsPerMessage: number;
  readonly cpuMsByProcess: Readonly<Record<string, number>> | undefined;
  readonly peakMemoryMib: number;
  readonly syncs: number | undefined;
  readonly timelinesRead: number;
  readonly memory: readonly MemorySample[];
  /** What is not as it must be, in words; empty for a good run. */
  readonly problems: readonly string[];
}

/** Beyond what the slowest system needs for what is left when the last message is accepted. */
const SETTLE_LIMIT_MS = 300_000;
const SAMPLE_MS = 5_000;

export interface RunOrder {
  readonly protocol: Protocol;
  readonly workload: Workload;
  readonly start: (relay: Relay) => Promise<SystemUnderTest>;
  readonly sampled?: (sample: MemorySample) => void;
}

export async function run(order: RunOrder): Promise<Result> {
  const { workload } = order;
  const folder = mkdtempSync(join(tmpdir(), 'penstock-bench-'));
  // Daemons that have dropped their privileges must still find their way.
  chmodSync(folder, 0o755);
  const sink = await Sink.start({ ...workload, messages: Math.max(workload.messages, workload.warmUp) });
  try {
    const system = await order.start({ ports: sink.ports, domains: workload.domains, folder: join(folder, 'system') });
    let stopped = false;
    try {
      await warmUp(order, system, sink);
      const measured = await measure(order, system, sink);
      const timelines = await readBack(system, workload, measured.load.ids);
      stopped = true;
      await system.stop();
      const { arrivedAt, ...others } = await sink.report();
      const report = { ...others, arrivedAt: arrivedAt.slice(0, workload.messages) };
      return result(order, system, measured, report, timelines);
    } finally {
      if (!stopped) await system.stop();
    }
  } finally {
    sink.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function doorOf(system: SystemUnderTest, protocol: Protocol) {
  const port = protocol === 'smtp' ? system.smtpPort : Number(new URL(system.httpUrl ?? '').port);
  return { protocol, port, apiKey: system.apiKey };
}

async function warmUp({ protocol, workload }: RunOrder, system: SystemUnderTest, sink: Sink): Promise<void> {
  const messages = workload.warmUp;
  if (messages === 0) return;
  await submit({ ...doorOf(system, protocol), ...workload, messages, rate: undefined });
  await sink.holds(messages, SETTLE_LIMIT_MS);
  await sink.forget();
}

interface Measured {
  readonly load: LoadReport;
  readonly cpuMs: number;
  readonly cpuMsByProcess: Readonly<Record<string, number>> | undefined;
  readonly peakMib: number;
  readonly syncs: number | undefined;
  readonly memory: readonly MemorySample[];
}

async function measure(
  { protocol, workload, sampled }: RunOrder,
  system: SystemUnderTest,
  sink: Sink,
): Promise<Measured> {
  const memory: MemorySample[] = [];
  const startedAt = performance.now();
  const sampling = setInterval(() => {
    const sample = { atS: Math.round((performance.now() - startedAt) / 1e3), mib: Math.round(system.memoryMib()) };
    memory.push(sample);
    sampled?.(sample);
  }, SAMPLE_MS);
  try {
    const cpuBefore = system.cpuMs();
    const byProcessBefore = system.cpuMsByProcess?.();
    const syncsBefore = await system.syncs?.();
    const load = await submit({ ...doorOf(system, protocol), ...workload });
    await sink.holds(workload.messages, SETTLE_LIMIT_MS);
    const syncsAfter = await system.syncs?.();
    const most = memory.reduce((highest, { mib }) => Math.max(highest, mib), system.memoryMib());
    return {
      load,
      cpuMs: system.cpuMs() - cpuBefore,
      cpuMsByProcess: byProcessBefore && since(byProcessBefore, system.cpuMsByProcess?.() ?? {}),
      peakMib: system.peakMemoryMib?.() ?? most,
      syncs: syncsBefore === undefined || syncsAfter === undefined ? undefined : syncsAfter - syncsBefore,
      memory,
    };
  } finally {
    clearInterval(sampling);
  }
}

function since(before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>) {
  return Object.fromEntries(Object.entries(now).map(([name, ms]) => [name, ms - (before[name] ?? 0)]));
}

interface ReadBack {
  readonly read: number;
  readonly problems: readonly string[];
}

/** Evenly spread over the run where not all are read. */
async function readBack(system: SystemUnderTest, workload: Workload, ids: readonly string[]): Promise<ReadBack> {
  const { httpUrl, queryUrl = httpUrl, apiKey } = system;
  if (queryUrl === undefined || apiKey === undefined) return { read: 0, problems: [] };
  const step = Math.max(1, Math.ceil(ids.length / (workload.timelines ?? ids.length)));
  const chosen = ids.filter((_, n) => n % step === 0);
  const { read, wrong, wrongCount } = await readTimelines(queryUrl, apiKey, chosen);
  return { read, problems: wrongCount === 0 ? [] : [`${wrongCount} timelines are wrong: ${wrong.join('; ')}`] };
}

function result(
  order: RunOrder,
  system: SystemUnderTest,
  measured: Measured,
  sink: SinkReport,
  timelines: ReadBack,
): Result {
  const { messages } = order.workload;
  const { sentAt, answeredAt } = measured.load;
  const firstSent = least(sentAt);
  const perSecond = (lastAt: number) => (messages * 1e3) / (lastAt - firstSent);
  const delivery = sorted(sink.arrivedAt.map((at, n) => Math.max(0, at - (answeredAt[n] ?? 0))));
  const relay = sorted(sink.arrivedAt.map((at, n) => at - (sentAt[n] ?? 0)));
  const accept = sorted(answeredAt.map((at, n) => at - (sentAt[n] ?? 0)));
  return {
    system: system.name,
    protocol: order.protocol,
    messages,
    acceptedPerS: perSecond(most(answeredAt)),
    relayedPerS: perSecond(most(sink.arrivedAt)),
    p50Ms: quantile(delivery, 0.5),
    p99Ms: quantile(delivery, 0.99),
    sentP99Ms: quantile(relay, 0.99),
    acceptP99Ms: quantile(accept, 0.99),
    cpuMsPerMessage: measured.cpuMs / messages,
    cpuMsByProcess:
      measured.cpuMsByProcess &&
      Object.fromEntries(Object.entries(measured.cpuMsByProcess).map(([name, ms]) => [name, ms / messages])),
    peakMemoryMib: measured.peakMib,
    syncs: measured.syncs,
    timelinesRead: timelines.read,
    memory: measured.memory,
    problems: [...sinkProblems(sink), ...timelines.problems],
  };
}

function sinkProblems({ arrivedAt, repeated, misplaced }: SinkReport): readonly string[] {
  const missing = arrivedAt.filter((at) => at === 0).length;
  return [
    ...(missing > 0 ? [`${missing} messages never reached the sink`] : []),
    ...(repeated > 0 ? [`${repeated} messages reached the sink again`] : []),
    ...(misplaced > 0 ? [`${misplaced} messages reached the sink that nobody sent`] : []),
  ];
}

function sorted(values: Float64Array): Float64Array {
  return values.sort();
}

function quantile(ascending: Float64Array, share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0;
}

function least(values: Float64Array): number {
  return values.reduce((lowest, value) => Math.min(lowest, value), Number.POSITIVE_INFINITY);
}

function most(values: Float64Array): number {
  return values.reduce((highest, value) => Math.max(highest, value), 0);
}
