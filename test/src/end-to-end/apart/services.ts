/** The four services apart with the sandbox beside them: what `npm run start:services` and the tests start. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '@penstock/cli';
import { type DirectoryEntry, Sandbox } from '@penstock/testing';
import { type ServiceName, ServiceProcess, type ServiceProcessOptions } from './service-process.ts';

export interface ServicesOptions {
  /** Content, state and keys; made if absent. */
  readonly folder: string;
  /** `host:port` of the brokers; with one, topics have one replica. */
  readonly brokers: readonly string[];
  /** Where read models and budgets lie; in the projector's folder and the scheduler's memory if absent. */
  readonly redisUrl?: string | undefined;
  readonly ports: ServicePorts;
  /** Settings of all of them. */
  readonly environment?: ServiceEnvironment;
  /** Mailbox providers other than the sandbox's own. */
  readonly directory?: readonly DirectoryEntry[] | undefined;
  /** Partitions of topics that get fewer than usual, such as `mail.events`. */
  readonly partitions?: Readonly<Record<string, number>>;
  readonly onLine?: ServiceProcessOptions['onLine'];
  readonly onEnd?: ServiceProcessOptions['onEnd'];
  /** Gives the start up: what runs by then is stopped, and the start rejects. */
  readonly signal?: AbortSignal;
}

export type ServiceEnvironment = Readonly<Record<string, string | undefined>>;
export type ServicePorts = Readonly<Record<ServiceName | 'smtp', number>>;

/** Whoever reads starts before whoever writes, and stops after. */
export const START_ORDER: readonly ServiceName[] = ['projector', 'dispatcher', 'scheduler', 'ingest'];

const SANDBOX_POLICY = fileURLToPath(new URL('../../../../infra/policy/sandbox.toml', import.meta.url));

export class Services {
  private readonly added: ServiceProcess[] = [];

  private constructor(
    private readonly processes: ReadonlyMap<ServiceName, ServiceProcess>,
    readonly sandbox: Sandbox,
    readonly ports: ServicePorts,
    private readonly made: (name: ServiceName, instance: string, environment: ServiceEnvironment) => ServiceProcess,
  ) {}

  /** Makes the topics where they are missing, then starts all four; nothing is left running where one cannot start. */
  static async start(options: ServicesOptions): Promise<Services> {
    mkdirSync(join(options.folder, 'content'), { recursive: true });
    const { directory, signal } = options;
    await unlessAborted(signal, () => applyTopics(options.brokers, options));
    const sandbox = await Sandbox.start(directory && { directory });
    const sandboxHosts = join(options.folder, 'sandbox.json');
    writeFileSync(sandboxHosts, JSON.stringify({ hosts: hostsOf(sandbox) }));
    const { onLine, onEnd } = options;
    const processes = START_ORDER.map((name) => {
      const environment = environmentOf(name, options, sandboxHosts);
      return [name, new ServiceProcess({ name, environment, onLine, onEnd })] as const;
    });
    const services = new Services(new Map(processes), sandbox, options.ports, (name, instance, own) => {
      const environment = { ...environmentOf(name, options, sandboxHosts), ...ownOf(name, instance, options), ...own };
      return new ServiceProcess({ name, environment, onLine, onEnd });
    });
    try {
      await unlessAborted(signal, () => Promise.all(processes.map(([, service]) => service.start())));
    } catch (error) {
      await services.stop();
      throw error;
    }
    return services;
  }

  /** @throws Error for a service that does not run */
  service(name: ServiceName): ServiceProcess {
    const service = this.processes.get(name);
    if (!service) throw new Error(`no service ${name}`);
    return service;
  }

  /**
   * Starts another process of the service, with a name and a state folder of its own, on ports of the system's choice.
   * It is stopped with the others.
   */
  async add(name: ServiceName, instance: string, environment: ServiceEnvironment = {}): Promise<ServiceProcess> {
    const added = this.made(name, instance, environment);
    this.added.push(added);
    await added.start();
    return added;
  }

  url(name: ServiceName): string {
    return `http://127.0.0.1:${this.ports[name]}`;
  }

  /** Ingest first, so that nothing new comes; answers the exit codes. */
  async stop(): Promise<ReadonlyMap<ServiceName, number | null>> {
    const codes = new Map<ServiceName, number | null>();
    await Promise.all(this.added.map((added) => added.stop()));
    for (const name of START_ORDER.toReversed()) codes.set(name, await this.service(name).stop());
    await this.sandbox.stop();
    return codes;
  }
}

/** As the work ends, or rejects as soon as the signal is aborted: the work is left to itself then. */
async function unlessAborted(signal: AbortSignal | undefined, work: () => Promise<unknown>): Promise<void> {
  signal?.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  await Promise.race([work(), aborted]);
}

function hostsOf(sandbox: Sandbox) {
  return [...sandbox.providers.values()].map(({ entry, server }) => ({
    name: entry.name,
    host: entry.host,
    domains: entry.domains,
    address: server.address,
    port: server.port,
  }));
}

/** Makes the topics of the log where they are missing; with fewer than three brokers they have one replica. */
export async function applyTopics(
  brokers: readonly string[],
  { environment, partitions = {} }: Pick<ServicesOptions, 'environment' | 'partitions'> = {},
): Promise<void> {
  const said: string[] = [];
  const replication = brokers.length >= 3 ? '3' : '1';
  const fewer = Object.entries(partitions).flatMap(([topic, count]) => ['--partitions', `${topic}=${count}`]);
  const code = await runCommand(['topics', 'apply', '--replication', replication, ...fewer], {
    environment: { ...kafkaSettingsOf(environment), PENSTOCK_KAFKA_BROKERS: brokers.join(',') },
    print: () => {},
    complain: (text) => said.push(text),
    sleep: async () => {},
  });
  if (code !== 0) throw new Error(`the topics could not be made: ${said.join('\n')}`);
}

/** How the cluster is reached; the policy is the services' to check. */
function kafkaSettingsOf(environment: ServiceEnvironment = {}): ServiceEnvironment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith('PENSTOCK_KAFKA_')));
}

/** What two processes of a service on one host may not share. */
function ownOf(name: ServiceName, instance: string, { folder }: ServicesOptions): ServiceEnvironment {
  return {
    PENSTOCK_INSTANCE: instance,
    PENSTOCK_STATE_DIR: join(folder, `${name}-${instance}`),
    PENSTOCK_HTTP_PORT: '0',
    PENSTOCK_SMTP_PORT: '0',
  };
}

function environmentOf(name: ServiceName, options: ServicesOptions, sandboxHosts: string) {
  const { folder, brokers, redisUrl, ports, environment = {} } = options;
  return {
    ...environment,
    PENSTOCK_KAFKA_BROKERS: brokers.join(','),
    PENSTOCK_ALLOW_SINGLE_REPLICA: brokers.length >= 3 ? 'off' : 'on',
    PENSTOCK_HTTP_PORT: String(ports[name]),
    PENSTOCK_SMTP_PORT: String(ports.smtp),
    PENSTOCK_CONTENT: environment.PENSTOCK_CONTENT ?? join(folder, 'content'),
    PENSTOCK_STATE_DIR: join(folder, name),
    PENSTOCK_SECRET_KEY: environment.PENSTOCK_SECRET_KEY ?? secretKey(folder),
    PENSTOCK_CONFIG: environment.PENSTOCK_CONFIG ?? SANDBOX_POLICY,
    PENSTOCK_SANDBOX_HOSTS: sandboxHosts,
    ...(redisUrl !== undefined && { PENSTOCK_READ_MODELS: 'redis', PENSTOCK_REDIS_URL: redisUrl }),
  };
}

/** Made once: mail that was taken under it needs it again. */
function secretKey(folder: string): string {
  const path = join(folder, 'secret.key');
  if (!existsSync(path)) writeFileSync(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  return readFileSync(path, 'utf8').trim();
}
