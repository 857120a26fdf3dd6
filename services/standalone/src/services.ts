import { type ApiKeyEntry, ApiKeyring } from '@penstock/access';
import type { Embedded } from '@penstock/adapter-embedded';
import { SmtpTransport } from '@penstock/adapter-smtp';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { randomName } from '@penstock/control';
import { groupProgress, memoryQuotas } from '@penstock/deployment';
import { DirectoryFollower, Suppressions } from '@penstock/directory';
import { createDispatcher, DISPATCHER_TRANSPORT, type Dispatcher } from '@penstock/dispatcher';
import { type AdministrationSettings, createIngest, type Ingest, type SubmissionSettings } from '@penstock/ingest';
import type { MetricSample } from '@penstock/nest';
import type { MessageSigner, PenstockService, Resolver, Telemetry, WebhookSender } from '@penstock/ports';
import {
  type AskedProjector,
  type BounceSuppressor,
  createBounceSuppressor,
  createWebhooks,
  EventExport,
  PROJECTOR_TRANSPORT,
  ReputationPublisher,
  type Webhooks,
} from '@penstock/projector';
import { createScheduler, SCHEDULER_TRANSPORT, type Scheduler } from '@penstock/scheduler';
import { platformSamples } from './metrics/platform-metrics.ts';
import { ThreadedProjector } from './projection/threaded-projector.ts';

export interface ServicesOptions {
  readonly engine: Embedded;
  readonly dataDir: string;
  readonly resolver: Resolver;
  readonly telemetry: Telemetry;
  readonly clockCheck: boolean | undefined;
  readonly keys: readonly ApiKeyEntry[];
  readonly recipientKey: Uint8Array;
  readonly secretKey: Uint8Array;
  readonly signer: MessageSigner;
  readonly webhookSender: WebhookSender;
  readonly administration: AdministrationSettings;
  readonly submission: SubmissionSettings;
  /** Bulk mail is refused while the scheduler is behind by more. */
  readonly bulkLagMs: number;
  readonly tracing: { readonly otlpEndpoint?: string | undefined; readonly traceRatio?: number | undefined };
}

/** The four services over one engine. */
export interface Services {
  readonly ingest: Ingest;
  readonly scheduler: Scheduler;
  readonly dispatcher: Dispatcher;
  readonly projector: AskedProjector;
  readonly webhooks: Webhooks;
  readonly suppressor: BounceSuppressor;
  /** Here, since the projector's thread appends nothing. */
  readonly reputations: ReputationPublisher;
  readonly keyring: ApiKeyring;
  /** What /metrics shows of them. */
  readonly samples: () => Promise<readonly MetricSample[]>;
}

export function createServices(options: ServicesOptions): Services {
  const { engine, resolver, telemetry, signer, clockCheck } = options;
  const { otlpEndpoint, traceRatio } = options.tracing;
  const { log, content, state, room } = engine;
  const owner = `standalone-${randomName(systemRandom)}`;
  const directory = new DirectoryFollower(log, telemetry, `ingest-${owner}`);
  const suppressions = new Suppressions({ log, state, clock: systemClock, telemetry }, owner);
  const keyring = new ApiKeyring(options.keys, directory);
  const world = { log, clock: systemClock, timers: systemTimers, random: systemRandom, telemetry, clockCheck };
  const quotas = memoryQuotas(systemClock);
  const scheduler = createScheduler({ ...world, state, resolver, owner, room, quotas, suppressions });
  const dispatcher = createDispatcher({
    ...world,
    content,
    resolver,
    transport: new SmtpTransport(),
    signer,
    owner,
    holdsFolderLock: true,
  });
  const { projector, reputations } = createReads(options, owner, new EventExport(world));
  const ingest = createIngest({
    ...world,
    content,
    state,
    keys: keyring,
    directory,
    suppressions,
    secretKey: options.secretKey,
    administration: options.administration,
    recipientKey: options.recipientKey,
    submission: options.submission,
    traceRatio: otlpEndpoint === undefined ? 0 : traceRatio,
    room,
    schedulerLag: {
      progress: () => groupProgress(log, { group: 'scheduler', topic: 'mail.events' }),
      limitMs: options.bulkLagMs,
    },
  });
  const webhooks = createWebhooks({
    ...world,
    content,
    state,
    sender: options.webhookSender,
    secretKey: options.secretKey,
    owner,
  });
  const { secretKey, recipientKey } = options;
  const suppressor = createBounceSuppressor({ ...world, content, suppressions, secretKey, recipientKey });
  const samples = () => {
    const { dataDir } = options;
    const figures = () => projector.queries.figures.figures();
    const schedulerLagMs = () => ingest.lag?.behindMs ?? 0;
    const sources = { log, statistics: engine.statistics, dataDir, figures, dispatcher, scheduler };
    return platformSamples({ ...sources, schedulerLagMs, webhooks, clock: systemClock });
  };
  return { keyring, samples, ingest, scheduler, dispatcher, projector, webhooks, suppressor, reputations };
}

/** The projector's thread, and what it has to say to the log, to which it appends nothing itself. */
function createReads(
  { engine, dataDir, telemetry, tracing }: ServicesOptions,
  owner: string,
  otherEvents: EventExport,
) {
  const projector = new ThreadedProjector({
    dataDir,
    telemetry,
    timers: systemTimers,
    follow: engine.follow,
    tracing: { otlpEndpoint: tracing.otlpEndpoint, instance: owner },
    otherEvents,
  });
  const due = () => projector.queries.dueReputations.due();
  const reputations = new ReputationPublisher({ log: engine.log, timers: systemTimers, telemetry, due });
  return { projector, reputations };
}

/** These bring no Nest transport of their own: their consumers, if any, read the log directly. */
const INGEST_TRANSPORT = Symbol('ingest transport');
const WEBHOOKS_TRANSPORT = Symbol('webhooks transport');
const SUPPRESSOR_TRANSPORT = Symbol('suppressor transport');
const REPUTATIONS_TRANSPORT = Symbol('reputations transport');

export interface NamedService {
  readonly name: string;
  readonly service: PenstockService;
  readonly transportId: symbol;
  /** Whether its consumers leave after it has stopped. */
  readonly followsToTheEnd?: boolean;
}

/** Whoever reads starts before whoever writes; ingest opens its doors last. */
export function startOrder(services: Services): readonly NamedService[] {
  const { projector, reputations, webhooks, suppressor, dispatcher, scheduler, ingest } = services;
  return [
    { name: 'projector', service: projector, transportId: PROJECTOR_TRANSPORT },
    { name: 'reputations', service: reputations, transportId: REPUTATIONS_TRANSPORT },
    { name: 'webhooks', service: webhooks, transportId: WEBHOOKS_TRANSPORT },
    { name: 'suppressor', service: suppressor, transportId: SUPPRESSOR_TRANSPORT },
    { name: 'dispatcher', service: dispatcher, transportId: DISPATCHER_TRANSPORT },
    { name: 'scheduler', service: scheduler, transportId: SCHEDULER_TRANSPORT },
    // While it leaves, nobody would read the keys that its expansion waits for.
    { name: 'ingest', service: ingest, transportId: INGEST_TRANSPORT, followsToTheEnd: true },
  ];
}
