import { resolve } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { generateDkimKey, SigningPool } from '@penstock/adapter-dkim';
import { type EmbeddedOptions, FolderLockedError, openEmbedded } from '@penstock/adapter-embedded';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { configureHttp } from '@penstock/ingest';
import { HTTP_SERVER_OPTIONS, HttpErrorsFilter, LogStrategy, type MetricsAccess, NestLogger } from '@penstock/nest';
import type { Telemetry } from '@penstock/ports';
import type { Sandbox } from '@penstock/testing';
import { prepareDataFolder } from './data-folder.ts';
import { type EgressRoute, openEgress } from './egress.ts';
import { type ApiKeySettings, type LoadedApiKeys, loadApiKeys } from './keys/api-keys.ts';
import { loadSecretKey } from './keys/secret-key.ts';
import { publishPolicy } from './policy/policy-publication.ts';
import type { LoadedPolicy } from './policy/policy-text.ts';
import { checkRetention } from './policy/retention-check.ts';
import { onPorts } from './ports.ts';
import { createServices, type Services, startOrder } from './services.ts';
import { StandaloneModule } from './standalone.module.ts';
import { errnoOf, StartupError } from './startup-error.ts';
import { openSubmissionTls, type SubmissionTls } from './tls/submission-tls.ts';
import { UndoStack } from './undo-stack.ts';

export interface StandaloneOptions {
  readonly host: string;
  readonly httpPort: number;
  readonly smtpPort: number;
  /** Where TLS comes first; nowhere if absent. */
  readonly smtpsPort?: number | undefined;
  /** Name of this host in SMTP; localhost if absent. */
  readonly hostname?: string | undefined;
  /** PEM files; a self-made certificate is used where they are absent. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly dataDir: string;
  readonly keys: ApiKeySettings;
  readonly policy: LoadedPolicy;
  /** The one in the data folder where absent. */
  readonly secretKey?: Uint8Array | undefined;
  readonly bounceHost?: string | undefined;
  readonly spfInclude?: string | undefined;
  readonly telemetry: Telemetry;
  /** Who may read /metrics; keys of the scope `operate` if absent. */
  readonly metrics?: MetricsAccess | undefined;
  /** Nothing becomes durable any more: the process has to end. */
  readonly onFatal: (error: Error) => void;
  /** What of the engine is to be another than its own, such as the files below it. */
  readonly engine?: Partial<Pick<EmbeddedOptions, 'files' | 'segmentBytes' | 'reserveBytes' | 'retentionMs'>>;
}

/** The platform in one process: four services, one Nest application, one folder. */
export interface Standalone {
  readonly httpPort: number;
  readonly smtpPort: number;
  readonly smtpsPort: number | undefined;
  readonly tls: SubmissionTls;
  readonly dataDir: string;
  readonly apiKeys: LoadedApiKeys;
  readonly egress: EgressRoute;
  /** Undefined when every service works, else the first reason. */
  notReady(): string | undefined;
  /** The sending domains whose DKIM keys the secret key does not open; once ready. */
  unreadableDomains(): Promise<readonly string[]>;
  /** Takes nothing new, finishes what is in flight, makes it durable. */
  stop(): Promise<void>;
}

/**
 * Opens the folder and starts everything, ingest last.
 *
 * @throws StartupError for what whoever starts it can put right; nothing is left running then.
 */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const undo = new UndoStack();
  try {
    return await assemble(options, undo);
  } catch (error) {
    await undo.run();
    throw error instanceof FolderLockedError ? new StartupError(`PENSTOCK_DATA_DIR: ${error.message}`) : error;
  }
}

async function assemble(options: StandaloneOptions, undo: UndoStack): Promise<Standalone> {
  const { host, hostname = 'localhost', telemetry, policy, bounceHost, spfInclude } = options;
  if (options.engine?.retentionMs !== undefined) checkRetention(options.engine.retentionMs, policy.policy);
  const dataDir = resolve(options.dataDir);
  const engine = await openEngine(options, dataDir);
  undo.push(() => engine.close());
  const secretKey = await loadSecretKey(dataDir, systemRandom, options.secretKey);
  const apiKeys = await loadApiKeys(options.keys, dataDir, systemRandom);
  const tls = await openTls(options, dataDir);
  undo.push(() => tls.stop());
  const egress = await openEgress(policy.policy, systemClock);
  undo.push(() => egress.sandbox?.stop());
  const { text, origin } = policy;
  await publishPolicy({ log: engine.log, clock: systemClock, text, policy: policy.policy, changedBy: origin });
  const signer = new SigningPool({ secretKey });
  undo.push(() => signer.close());
  const services = createServices({
    engine,
    dataDir,
    resolver: egress.resolver,
    telemetry,
    keys: apiKeys.entries,
    recipientKey: secretKey,
    secretKey,
    signer,
    administration: {
      resolver: egress.freshResolver,
      generateDkimKey,
      // A bare name means nothing to others.
      bounceHost: bounceHost ?? (hostname.includes('.') ? hostname : undefined),
      spfInclude,
    },
    submission: { door: tls.door, host, port: options.smtpPort, implicitTlsPort: options.smtpsPort, hostname },
  });
  const app = await createApplication(services, egress.sandbox, options);
  undo.push(() => app.close());
  await startServices(app, services, engine.log, options, undo);
  const httpPort = await listenHttp(app, options, undo);
  // Before the door is closed: it waits for every answer, and who follows the log would never be answered in full.
  undo.push(() => services.projector.events.end());
  return {
    httpPort,
    smtpPort: services.ingest.submissionPort ?? options.smtpPort,
    smtpsPort: services.ingest.implicitTlsPort,
    tls,
    dataDir,
    apiKeys,
    egress,
    notReady: () => notReady(services),
    unreadableDomains: async () => (await services.ingest.administration?.unreadableDomains()) ?? [],
    stop: () => undo.run(),
  };
}

function openTls(options: StandaloneOptions, dataDir: string): Promise<SubmissionTls> {
  const { host, smtpsPort, hostname = 'localhost', tlsCert, tlsKey, telemetry } = options;
  const onLoopback = host === 'localhost' || host === '::1' || host.startsWith('127.');
  const settings = { tlsCert, tlsKey, hostname, needed: smtpsPort !== undefined || !onLoopback };
  return openSubmissionTls(settings, dataDir, { clock: systemClock, timers: systemTimers, telemetry });
}

async function openEngine({ telemetry, onFatal, engine }: StandaloneOptions, dataDir: string) {
  await prepareDataFolder(dataDir);
  try {
    return await openEmbedded({ ...engine, dataDir, telemetry, onFatal });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'EACCES' && errno !== 'EROFS' && errno !== 'ENOTDIR' && errno !== 'EEXIST') throw error;
    throw new StartupError(`PENSTOCK_DATA_DIR: ${dataDir} cannot be used as a folder (${errno})`);
  }
}

async function createApplication(
  services: Services,
  sandbox: Sandbox | undefined,
  { telemetry, metrics = 'operate' }: StandaloneOptions,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter(HTTP_SERVER_OPTIONS);
  configureHttp(adapter, services.ingest);
  const module = StandaloneModule.register(services, sandbox, metrics);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLogger(telemetry),
    abortOnError: false,
  });
  app.useGlobalFilters(new HttpErrorsFilter(telemetry));
  return app;
}

/** Whoever reads starts before whoever writes, and stops after. */
async function startServices(
  app: NestFastifyApplication,
  services: Services,
  log: LogStrategyLog,
  options: StandaloneOptions,
  undo: UndoStack,
): Promise<void> {
  const { host, smtpPort, smtpsPort } = options;
  const implicit = smtpsPort === undefined ? [] : [{ setting: 'PENSTOCK_SMTPS_PORT', port: smtpsPort }];
  for (const { service, transportId } of startOrder(services)) {
    await onPorts(host, [{ setting: 'PENSTOCK_SMTP_PORT', port: smtpPort }, ...implicit], () => service.start());
    undo.push(() => service.stop());
    const strategy = new LogStrategy({ log, consumers: service.consumers, transportId });
    undo.push(() => strategy.close());
    await app.connectMicroservice({ strategy }).listen();
  }
}

type LogStrategyLog = ConstructorParameters<typeof LogStrategy>[0]['log'];

async function listenHttp(app: NestFastifyApplication, options: StandaloneOptions, undo: UndoStack): Promise<number> {
  const { host, httpPort } = options;
  await app.init();
  // Fastify's own: Nest's would log a port in use as well, with a stack.
  await onPorts(host, [{ setting: 'PENSTOCK_HTTP_PORT', port: httpPort }], () =>
    app.getHttpAdapter().getInstance().listen({ port: httpPort, host }),
  );
  undo.push(() => app.getHttpAdapter().close() as Promise<unknown>);
  const address: unknown = app.getHttpServer().address();
  return typeof address === 'object' && address !== null && 'port' in address ? Number(address.port) : httpPort;
}

/** How long a look at the services' readiness waits for the next one. */
const LOOK_AGAIN_MS = 10;
/** How often whoever waits is told why. */
const TELL_EVERY_MS = 5_000;

/** Resolves when mail can be sent; a long log takes its time to fold, and `tell` hears what is missing. */
export async function becameReady(standalone: Standalone, tell: (reason: string) => void): Promise<void> {
  let toldAt = systemClock.monotonic();
  for (let reason = standalone.notReady(); reason !== undefined; reason = standalone.notReady()) {
    if (systemClock.monotonic() >= toldAt + TELL_EVERY_MS) {
      tell(reason);
      toldAt = systemClock.monotonic();
    }
    await systemTimers.sleep(LOOK_AGAIN_MS);
  }
}

function notReady(services: Services): string | undefined {
  for (const { name, service } of startOrder(services)) {
    const reason = service.notReady();
    if (reason !== undefined) return `${name}: ${reason}`;
  }
  return undefined;
}
