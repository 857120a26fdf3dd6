/** What is measured: a mail system that takes mail over SMTP or HTTP and relays it to the sink. */
import { mkdirSync } from 'node:fs';
import { Platform } from '../end-to-end/platform.ts';
import { Postfix } from '../fixtures/postfix/postfix.ts';
import { domainName } from './load-template.ts';
import { cpuMs, familyCpuMs, familyMemoryMib, peakRssMib, rssMib } from './process-usage.ts';
import { prepareSendingDomain } from './sending-domain.ts';

export interface SystemUnderTest {
  readonly name: string;
  readonly smtpPort: number;
  readonly httpUrl?: string;
  /** Where timelines are read; `httpUrl` if absent. */
  readonly queryUrl?: string;
  readonly apiKey?: string;
  /** CPU so far, ms. */
  cpuMs(): number;
  /** The same by process, where it is several. */
  cpuMsByProcess?(): Readonly<Record<string, number>>;
  /** Memory now, MiB. */
  memoryMib(): number;
  /** Most memory so far, MiB; the largest of what was sampled where the system cannot tell. */
  peakMemoryMib?(): number;
  /** How often it has waited for the disk so far; absent where that cannot be told. */
  syncs?(): Promise<number | undefined>;
  stop(): Promise<void>;
}

export interface Relay {
  /** The sink's ports. */
  readonly ports: readonly number[];
  readonly domains: number;
  /** Folder of a queue or log: the same disk for all. */
  readonly folder: string;
}

export const API_KEY = 'benchmark-key-0123456789';

export interface PenstockOptions {
  readonly profile: boolean;
  /** The kind of key that every message is signed with; none if absent. */
  readonly sign?: 'rsa' | 'ed25519' | undefined;
  /** By environment, on top of what the benchmark needs. */
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startPenstock(
  relay: Relay,
  { profile, sign, settings }: PenstockOptions,
): Promise<SystemUnderTest> {
  mkdirSync(relay.folder, { recursive: true });
  if (sign !== undefined) await prepareSendingDomain(relay.folder, `${sign}-sha256`);
  const platform = await Platform.start({
    dataDir: relay.folder,
    environment: { PENSTOCK_SMARTHOST: `127.0.0.1:${relay.ports[0]}`, PENSTOCK_API_KEY: API_KEY, ...settings },
    nodeOptions: profile ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}`] : [],
  });
  return {
    name: 'penstock',
    smtpPort: platform.smtpPort,
    httpUrl: platform.url,
    apiKey: API_KEY,
    cpuMs: () => cpuMs(platform.pid),
    memoryMib: () => rssMib(platform.pid),
    peakMemoryMib: () => peakRssMib(platform.pid),
    syncs: () => syncsOf(platform.url),
    stop: async () => {
      const code = await platform.stop();
      if (code !== 0) throw new Error(`Penstock ended with ${code}:\n${platform.output.stderr}`);
    },
  };
}

/** As the engine counts them for Prometheus; undefined where it does not. */
async function syncsOf(url: string): Promise<number | undefined> {
  const answer = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${API_KEY}` } });
  const count = /^penstock_log_sync_duration_seconds_count (\d+)/m.exec(await answer.text())?.[1];
  return count === undefined ? undefined : Number(count);
}

/** What was tried and what it gave stands in docs/benchmarks.md. */
const TUNED_POSTFIX: Readonly<Record<string, string>> = {
  // Its default makes clients wait while more arrives than leaves.
  in_flow_delay: '0',
  // Daemons live on instead of being started anew after a hundred requests each.
  max_use: '1000000',
  max_idle: '300s',
  // Nothing looks into the mail, maps its addresses or counts its client.
  receive_override_options: 'no_header_body_checks,no_address_mappings,no_unknown_recipient_checks',
  local_header_rewrite_clients: '',
  smtpd_client_connection_count_limit: '0',
  smtpd_client_event_limit_exceptions: '127.0.0.0/8',
};

export async function startPostfix(
  relay: Relay,
  more: Readonly<Record<string, string>> = {},
): Promise<SystemUnderTest> {
  mkdirSync(relay.folder, { recursive: true });
  // A next hop for each domain: its scheduler gives every destination a window of its own.
  const hops = Array.from({ length: relay.domains }, (_, i) => [
    domainName(i),
    relay.ports[i % relay.ports.length] ?? 0,
  ]);
  const postfix = await Postfix.start({
    relay: Object.fromEntries(hops),
    settings: { ...TUNED_POSTFIX, ...more },
    parentFolder: relay.folder,
  });
  const master = postfix.masterPid;
  return {
    name: 'postfix',
    smtpPort: postfix.port,
    cpuMs: () => familyCpuMs(master),
    memoryMib: () => familyMemoryMib(master),
    stop: () => postfix.stop(),
  };
}
