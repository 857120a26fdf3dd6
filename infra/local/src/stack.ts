/** A stack in one folder: its servers, started together or one by one. What conformance, faults and benchmarks use. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Engine } from './engine.ts';
import { chooseEngines, type EngineName } from './engines.ts';
import { jaegerQueryUrl } from './jaeger/jaeger-configuration.ts';
import { jaegerEngine } from './jaeger/jaeger-engine.ts';
import { kafkaEngine } from './kafka/kafka-engine.ts';
import { LocalServer, type ServerPlan, type ServerStatus } from './processes/local-server.ts';
import { findFreeBasePort, LOOPBACK, type StackPorts, stackPorts } from './processes/ports.ts';
import { until } from './processes/waiting.ts';
import { redisEngine, redisVersion } from './redis/redis-server.ts';
import { S3_ACCESS, s3Engine } from './s3/s3-engine.ts';
import { type AskedSettings, meetSettings, parseSettings, refuseChange, type StackSettings } from './settings.ts';
import { defaultCacheFolder } from './tools/cache.ts';
import { MissingToolsError } from './tools/run-tool.ts';

export interface StackOptions extends Omit<AskedSettings, 'basePort'> {
  /** Data, logs and pid files; made when it is not there. */
  readonly folder: string;
  /** The first of the ports; `free` finds fifty that nobody uses, and keeps them for the folder. */
  readonly basePort?: number | 'free';
  /** These and no others. */
  readonly only?: readonly EngineName[];
  /** These besides the usual ones. */
  readonly also?: readonly EngineName[];
  /** Where jars and programs are kept; the person's cache folder by default. */
  readonly cache?: string;
  /** Told what takes long: a download, a build. */
  readonly report?: (text: string) => void;
}

export interface S3Address {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  /** It exists. */
  readonly bucket: string;
}

export interface StackAddresses {
  /** `host:port` of each broker, in the order of the node ids. */
  readonly kafka: readonly string[];
  readonly redis: string;
  /** Without the path: traces go to `/v1/traces` below it. */
  readonly otlpHttp: string;
  readonly otlpGrpc: string;
  /** `/api/traces` and the like are below it. */
  readonly jaegerQuery: string;
  readonly s3: S3Address;
}

export interface Stack {
  readonly folder: string;
  readonly settings: StackSettings;
  /** Where each engine is when it runs; given for all of them. */
  readonly addresses: StackAddresses;
  /** Servers that belong to the engines chosen. */
  readonly servers: readonly LocalServer[];
  /** `kafka-1`, `redis`, `jaeger`, `s3`. */
  server(name: string): LocalServer;
  /** The broker with this node id: 1, or 1 to 3. */
  broker(nodeId: number): LocalServer;
  /** Starts what does not run, and waits until all serve and every broker sees every other. */
  up(): Promise<void>;
  /** Ends all of them; data stays unless `wipe`. Says what was done about each. */
  down(options?: { readonly wipe?: boolean }): Promise<ReadonlyMap<string, string>>;
  status(): Promise<readonly ServerStatus[]>;
}

const COMPLETE_WITHIN_MS = 60_000;
const SETTINGS_FILE = 'stack.json';

interface Place {
  readonly folder: string;
  readonly cache: string;
  readonly ports: StackPorts;
  readonly redisVersion: string;
}

function readStored(folder: string): StackSettings | undefined {
  const file = join(folder, SETTINGS_FILE);
  return existsSync(file) ? parseSettings(readFileSync(file, 'utf8')) : undefined;
}

/** The stack of a folder, running or not; starts nothing. */
export async function openStack(options: StackOptions): Promise<Stack> {
  const folder = resolve(options.folder);
  const stored = readStored(folder);
  const basePort = options.basePort === 'free' ? (stored?.basePort ?? (await findFreeBasePort())) : options.basePort;
  const settings = meetSettings({ ...options, basePort }, stored);
  const cache = options.cache ?? defaultCacheFolder();
  const place = { folder, cache, ports: stackPorts(settings.basePort), redisVersion: await redisVersion() };
  const engines = chooseEngines(options.only, options.also).map((name) => makeEngine(name, settings, place));
  return new FolderStack({ ...options, folder }, settings, engines);
}

/** Opens the stack and brings it up; when that fails, what was started is ended again. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stack = await openStack(options);
  await stack.up();
  return stack;
}

class FolderStack implements Stack {
  readonly folder: string;
  readonly settings: StackSettings;
  readonly addresses: StackAddresses;
  readonly servers: readonly LocalServer[];
  readonly #engines: readonly Engine[];
  readonly #report: (text: string) => void;

  constructor(options: StackOptions, settings: StackSettings, engines: readonly Engine[]) {
    this.folder = options.folder;
    this.settings = settings;
    this.addresses = addressesOf(settings);
    this.#engines = engines;
    this.#report = options.report ?? (() => {});
    this.servers = engines.flatMap(({ servers }) => servers).map((plan) => this.#server(plan));
  }

  server(name: string): LocalServer {
    const found = this.servers.find((server) => server.name === name);
    if (found === undefined) throw new Error(`The stack has no ${name}.`);
    return found;
  }

  broker(nodeId: number): LocalServer {
    return this.server(`kafka-${nodeId}`);
  }

  async up(): Promise<void> {
    const missing = this.#engines.flatMap((engine) => engine.missing());
    if (missing.length > 0) throw new MissingToolsError(missing);
    for (const engine of this.#engines) await engine.fetch(this.#report);
    const idle = this.servers.filter(({ pid }) => pid === undefined);
    const running = this.servers.filter((server) => !idle.includes(server)).map(({ name }) => name);
    refuseChange(this.settings, readStored(this.folder), running);
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, SETTINGS_FILE), `${JSON.stringify(this.settings, null, 2)}\n`);
    // Together, since brokers wait for each other.
    const starts = await Promise.allSettled(this.servers.map((server) => server.start()));
    try {
      for (const start of starts) if (start.status === 'rejected') throw start.reason;
      for (const engine of this.#engines) await complete(engine);
    } catch (error) {
      await Promise.all(idle.map((server) => server.stop()));
      throw error;
    }
  }

  async down(options: { readonly wipe?: boolean } = {}): Promise<ReadonlyMap<string, string>> {
    const done = await Promise.all(this.servers.map(async (server) => [server.name, await server.stop()] as const));
    if (options.wipe) rmSync(this.folder, { recursive: true, force: true });
    return new Map(done);
  }

  status(): Promise<readonly ServerStatus[]> {
    return Promise.all(this.servers.map((server) => server.status()));
  }

  #server(plan: ServerPlan): LocalServer {
    return new LocalServer(plan, {
      pidFile: join(this.folder, 'pids', `${plan.name}.json`),
      logFile: join(this.folder, 'logs', `${plan.name}.log`),
    });
  }
}

async function complete(engine: Engine): Promise<void> {
  let lacking: string | undefined;
  const whole = await until(async () => {
    lacking = await engine.incomplete?.();
    return lacking === undefined;
  }, COMPLETE_WITHIN_MS);
  if (!whole) throw new Error(`${engine.name} is not complete after ${COMPLETE_WITHIN_MS} ms: ${lacking}.`);
}

function makeEngine(name: EngineName, settings: StackSettings, place: Place): Engine {
  const { folder, cache, ports, redisVersion } = place;
  switch (name) {
    case 'kafka': {
      const { kafka: line, kafkaProperties: properties, ...rest } = settings;
      return kafkaEngine({ ...rest, line, properties }, { folder, cache, ports });
    }
    case 'redis':
      return redisEngine({ folder, port: ports.redis, version: redisVersion });
    case 'jaeger':
      return jaegerEngine({ folder, cache, ports });
    case 's3':
      return s3Engine({ folder, cache, port: ports.s3 });
  }
}

function addressesOf({ basePort, brokers }: StackSettings): StackAddresses {
  const ports = stackPorts(basePort);
  return {
    kafka: Array.from({ length: brokers }, (_, index) => `${LOOPBACK}:${ports.kafka(index + 1)}`),
    redis: `redis://${LOOPBACK}:${ports.redis}`,
    otlpHttp: `http://${LOOPBACK}:${ports.otlpHttp}`,
    otlpGrpc: `http://${LOOPBACK}:${ports.otlpGrpc}`,
    jaegerQuery: jaegerQueryUrl(ports),
    s3: { endpoint: `http://${LOOPBACK}:${ports.s3}`, ...S3_ACCESS },
  };
}
