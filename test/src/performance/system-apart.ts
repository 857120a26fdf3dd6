/** Penstock as four processes over a Kafka that is started for the run: `--engine kafka`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Stack, startStack } from '@penstock/local-stack';
import { freePorts } from '../end-to-end/apart/free-ports.ts';
import { Services, START_ORDER } from '../end-to-end/apart/services.ts';
import { cpuMs, peakRssMib, rssMib } from './process-usage.ts';
import { API_KEY, type Relay, type SystemUnderTest } from './systems.ts';

export interface ApartOptions {
  readonly brokers: 1 | 3;
  readonly eventPartitions: number | undefined;
  /** Further lines of the brokers' settings, such as a sync for every write. */
  readonly kafkaProperties: Readonly<Record<string, string>>;
  /** Each service writes a CPU profile into the current folder. */
  readonly profile: boolean;
}

const SMARTHOST_POLICY = fileURLToPath(new URL('../../../infra/policy/smarthost.toml', import.meta.url));
const READY_LIMIT_MS = 60_000;
const LOOK_AGAIN_MS = 200;

export async function startPenstockApart(relay: Relay, options: ApartOptions): Promise<SystemUnderTest> {
  mkdirSync(relay.folder, { recursive: true });
  const { brokers, kafkaProperties } = options;
  const stack = await startStack({
    folder: join(relay.folder, 'stack'),
    basePort: 'free',
    only: ['kafka'],
    brokers,
    kafkaProperties,
    longLived: true,
  });
  try {
    const services = await startServices(relay, stack, options);
    await allReady(services).catch(async (error: unknown) => {
      await services.stop();
      throw error;
    });
    return systemOf(services, stack);
  } catch (error) {
    await stack.down({ wipe: true });
    throw error;
  }
}

async function startServices(
  relay: Relay,
  stack: Stack,
  { profile, eventPartitions }: ApartOptions,
): Promise<Services> {
  const policy = join(relay.folder, 'policy.toml');
  writeFileSync(policy, readFileSync(SMARTHOST_POLICY, 'utf8').replace('port = 1025', `port = ${relay.ports[0]}`));
  return Services.start({
    folder: join(relay.folder, 'services'),
    brokers: stack.addresses.kafka,
    ports: await freePorts(),
    ...(eventPartitions !== undefined && { partitions: { 'mail.events': eventPartitions } }),
    environment: {
      PATH: process.env.PATH,
      PENSTOCK_API_KEY: API_KEY,
      PENSTOCK_CONFIG: policy,
      ...(profile && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${process.cwd()}` }),
    },
  });
}

function systemOf(services: Services, stack: Stack): SystemUnderTest {
  const pids = new Map<string, number>();
  for (const name of START_ORDER) pids.set(name, services.service(name).pid);
  for (const { name, pid } of stack.servers) if (pid !== undefined) pids.set(name, pid);
  const all = [...pids.values()];
  const sum = (of: (pid: number) => number) => all.reduce((total, pid) => total + of(pid), 0);
  return {
    name: 'kafka',
    smtpPort: services.ports.smtp,
    httpUrl: services.url('ingest'),
    queryUrl: services.url('projector'),
    apiKey: API_KEY,
    cpuMs: () => sum(cpuMs),
    cpuMsByProcess: () => Object.fromEntries([...pids].map(([name, pid]) => [name, cpuMs(pid)])),
    memoryMib: () => sum(rssMib),
    peakMemoryMib: () => sum(peakRssMib),
    stop: async () => {
      const codes = await services.stop();
      await stack.down({ wipe: true });
      for (const [name, code] of codes) if (code !== 0) throw new Error(`${name} ended with ${code}`);
    },
  };
}

async function allReady(services: Services): Promise<void> {
  const limit = performance.now() + READY_LIMIT_MS;
  for (const name of START_ORDER) {
    const ready = () =>
      fetch(`${services.url(name)}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await ready())) {
      if (performance.now() > limit) throw new Error(`${name} is not ready:\n${services.service(name).output}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }
}
