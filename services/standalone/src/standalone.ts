import { resolve } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { generateDkimKey, SigningPool } from '@penstock/adapter-dkim';
import { type EmbeddedOptions, FolderLockedError, openEmbedded } from '@penstock/adapter-embedded';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { publishPolicy } from '@penstock/control';
import {
  type ApiKeySettings,
  checkRetention,
  createApplication,
  errnoOf,
  type LoadedPolicy,
  listenHttp,
  openSubmissionTls,
  openWebhooks,
  type PolicySettings,
  type PortSetting,
  prepareDataFolder,
  reloadPolicy,
  StartupError,
  type SubmissionTls,
  startService,
  UndoStack,
  type WebhookAllowance,
  type WebhookPosting,
} from '@penstock/deployment';
import { type AdministrationSettings, configureHttp } from '@penstock/ingest';
import type { MetricsAccess } from '@penstock/nest';
import type { EventLog, Resolver, Telemetry } from '@penstock/ports';
import { type EgressRoute, openEgress } from './egress.ts';
import { type LoadedApiKeys, loadApiKeys } from './keys/api-keys.ts';
import { loadSecretKey } from './keys/secret-key.ts';
import { createServices, type Services, startOrder } from './services.ts';
import { StandaloneModule } from './standalone.module.ts';

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
  /** Where everything goes, also under a policy that is applied later. */
  readonly smarthost?: { readonly host: string; readonly port: number } | undefined;
  /** Bulk mail is refused while the scheduler is behind by more, ms; a minute if absent. */
  readonly bulkLag?: number | undefined;
  /** Where webhooks may be posted to, beside https addresses of the public internet. */
  readonly webhookAllow?: WebhookAllowance | undefined;
  /** Whether the clock is held against the log before anything starts; it is unless this is false. */
  readonly clockCheck?: boolean | undefined;
  readonly telemetry: Telemetry;
  /** Who may read /metrics; keys of the scope `operate` if absent. */
  readonly metrics?: MetricsAccess | undefined;
  /** Where spans are sent; tracing is off where absent. */
  readonly otlpEndpoint?: string | undefined;
  /** Share of messages that are traced, 0 to 1; none if absent. */
  readonly traceRatio?: number | undefined;
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
  /** Reads the policy file again. What cannot be used is logged and changes nothing. */
  reloadPolicy(settings: PolicySettings): Promise<void>;
  /** Takes nothing new, finishes what is in flight, makes it durable. */
  stop(): Promise<void>;
}

const BULK_LAG_MS = 60_000;

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
  const { host, hostname = 'localhost', telemetry, policy } = options;
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
  const webhooks = openWebhooks(options.webhookAllow ?? 'public', undo);
  const services = createServices({
    engine,
    dataDir,
    resolver: egress.resolver,
    telemetry,
    clockCheck: options.clockCheck,
    keys: apiKeys.entries,
    recipientKey: secretKey,
    secretKey,
    signer,
    webhookSender: webhooks.sender,
    tracing: options,
    bulkLagMs: options.bulkLag ?? BULK_LAG_MS,
    administration: administration(options, egress.freshResolver, webhooks),
    submission: { door: tls.door, host, port: options.smtpPort, implicitTlsPort: options.smtpsPort, hostname },
  });
  const module = StandaloneModule.register(services, egress.sandbox, options.metrics ?? 'operate');
  const app = await createApplication(module, telemetry, (adapter) => configureHttp(adapter, services.ingest));
  undo.push(() => app.close());
  await startServices(app, services, engine.log, options, undo);
  const httpPort = await listenHttp(app, host, options.httpPort, undo);
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
    reloadPolicy: (settings) => reloadPolicy(settings, { log: engine.log, clock: systemClock, telemetry }),
    stop: () => undo.run(),
  };
}

function administration(
  { hostname = 'localhost', bounceHost, spfInclude, smarthost }: StandaloneOptions,
  resolver: Resolver,
  webhooks: WebhookPosting,
): AdministrationSettings {
  return {
    resolver,
    generateDkimKey,
    // A bare name means nothing to others.
    bounceHost: bounceHost ?? (hostname.includes('.') ? hostname : undefined),
    spfInclude,
    webhooks,
    smarthost,
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

/** Whoever reads starts before whoever writes, and stops after. */
async function startServices(
  app: NestFastifyApplication,
  services: Services,
  log: EventLog,
  { host, smtpPort, smtpsPort }: StandaloneOptions,
  undo: UndoStack,
): Promise<void> {
  const implicit = smtpsPort === undefined ? [] : [{ setting: 'PENSTOCK_SMTPS_PORT', port: smtpsPort }];
  const ports: [PortSetting, ...PortSetting[]] = [{ setting: 'PENSTOCK_SMTP_PORT', port: smtpPort }, ...implicit];
  for (const started of startOrder(services)) {
    await startService(app, log, { ...started, listensOn: { host, ports } }, undo);
  }
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
