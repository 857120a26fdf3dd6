/**
 * How fast Penstock relays: messages over SMTP into a standalone process, durable, out over SMTP to a sink, with load
 * and sink in processes of their own. Checks that the sink holds each acknowledged message exactly once.
 *
 * node test/dist/performance/relay.js [--messages 20000] [--bytes 4096] [--domains 20] [--sessions 20] [--profile]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Platform } from '../end-to-end/platform.ts';

const SETTLE_LIMIT_MS = 300_000;
const API_KEY = 'relay-benchmark-key';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}

function startPlatform(sinkPort: number, profile: boolean): Promise<Platform> {
  const environment = { PENSTOCK_SMARTHOST: `127.0.0.1:${sinkPort}`, PENSTOCK_API_KEY: API_KEY };
  const nodeOptions = profile ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}`] : [];
  return Platform.start({ environment, nodeOptions });
}

interface Report {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly acknowledged: readonly (readonly [string, number])[];
}

async function submit(platform: Platform, options: Options): Promise<Report> {
  const load = fork(here('./load.js'), { serialization: 'advanced' });
  load.send({ port: platform.smtpPort, apiKey: API_KEY, ...options });
  const report = await answer<Report | { error: string }>(load);
  load.disconnect();
  if ('error' in report) throw new Error(report.error);
  return report;
}

async function settled(sink: ChildProcess, expected: number): Promise<void> {
  const deadline = Date.now() + SETTLE_LIMIT_MS;
  for (;;) {
    sink.send('count');
    const { count } = await answer<{ count: number }>(sink);
    if (count >= expected) return;
    if (Date.now() > deadline) throw new Error(`the sink holds ${count} of ${expected} after ${SETTLE_LIMIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Options {
  readonly messages: number;
  readonly bytes: number;
  readonly domains: number;
  readonly sessions: number;
}

function figures(report: Report, arrivals: readonly { marker: string; at: number }[], cpuMs: number) {
  const arrivedAt = new Map(arrivals.map(({ marker, at }) => [marker, at]));
  const missing = report.acknowledged.filter(([marker]) => !arrivedAt.has(marker)).length;
  const latencies = report.acknowledged
    .map(([marker, sentAt]) => (arrivedAt.get(marker) ?? sentAt) - sentAt)
    .sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  const count = report.acknowledged.length;
  const lastArrival = arrivals.reduce((latest, arrival) => Math.max(latest, arrival.at), 0);
  return {
    engine: 'embedded',
    protocol: 'smtp',
    messages: count,
    accepted_per_s: Math.round((count * 1000) / (report.endedAt - report.startedAt)),
    relayed_per_s: Math.round((count * 1000) / (lastArrival - report.startedAt)),
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    cpu_ms_per_message: Number((cpuMs / count).toFixed(3)),
    missing,
    duplicated: arrivals.length - arrivedAt.size,
  };
}

/** User and system CPU of a process so far, ms. */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: '20000' },
      bytes: { type: 'string', default: '4096' },
      domains: { type: 'string', default: '20' },
      sessions: { type: 'string', default: '20' },
      profile: { type: 'boolean', default: false },
    },
  });
  const options: Options = {
    messages: Number(values.messages),
    bytes: Number(values.bytes),
    domains: Number(values.domains),
    sessions: Number(values.sessions),
  };
  const sink = fork(here('./sink.js'), { serialization: 'advanced' });
  const { port } = await answer<{ port: number }>(sink);
  const platform = await startPlatform(port, values.profile);
  try {
    const report = await submit(platform, options);
    await settled(sink, report.acknowledged.length);
    const cpuMs = await cpuOf(platform.pid);
    sink.send('arrivals');
    const { arrivals } = await answer<{ arrivals: { marker: string; at: number }[] }>(sink);
    const result = figures(report, arrivals, cpuMs);
    console.table(result);
    console.log(JSON.stringify(result));
    if (result.missing > 0 || result.duplicated > 0) process.exitCode = 1;
  } finally {
    await platform.stop();
    sink.send('stop');
  }
}

await main();
