import { generateDkimKey } from '@penstock/adapter-dkim';
import {
  type AssembledService,
  committedLags,
  openContent,
  openRoom,
  openServiceResolver,
  openStateFolder,
  openSubmissionTls,
  openWebhooks,
  type PortSetting,
  requiredSecretKey,
  runService,
  type ServiceWorld,
  type ShellSettings,
  schedulerLagSample,
} from '@penstock/deployment';
import { Suppressions } from '@penstock/directory';
import type { SettingsOf } from '@penstock/nest';
import { leastRetentionMs, type Policy } from '@penstock/policy';
import { IngestModule } from './ingest.module.ts';
import { createIngest } from './ingest.ts';
import { configureHttp } from './mail-send/mail-send.controller.ts';
import { SETTINGS } from './settings.ts';

type Settings = SettingsOf<typeof SETTINGS> & ShellSettings;

/** Ingest brings no Nest transport of its own: its consumers read the log directly. */
const INGEST_TRANSPORT = Symbol('ingest transport');

async function assemble(world: ServiceWorld<Settings>): Promise<AssembledService> {
  const { settings, log, telemetry, undo, keyring, directory } = world;
  const secretKey = secretKeyOf(settings);
  const { bounceHost, spfInclude, host, smtpPort, smtpsPort, hostname = 'localhost' } = settings;
  const local = await openStateFolder(settings.stateDir, telemetry, undo);
  const content = await openContent(settings, world, undo);
  const tls = await openTls(world);
  undo.push(() => tls.stop());
  const resolver = await openServiceResolver(settings, world);
  content.sweep({ retentionMs: settings.retention, leastMs: () => leastOf(resolver.policy()) });
  const ingest = createIngest({
    ...world,
    content,
    state: local.state,
    room: await openRoom(settings, world, undo),
    keys: keyring,
    directory,
    suppressions: new Suppressions({ ...world, state: local.state }, world.owner),
    secretKey,
    recipientKey: secretKey,
    administration: {
      resolver: resolver.fresh,
      generateDkimKey,
      // A bare name means nothing to others.
      bounceHost: bounceHost ?? (hostname.includes('.') ? hostname : undefined),
      spfInclude,
      webhooks: openWebhooks(settings.webhookAllow, undo),
      smarthost: settings.smarthost,
    },
    schedulerLag: { progress: () => log.lag('scheduler', 'mail.events'), limitMs: settings.bulkLag },
    traceRatio: settings.otlpEndpoint === undefined ? 0 : settings.traceRatio,
    submission: { door: tls.door, host, port: smtpPort, implicitTlsPort: smtpsPort, hostname },
  });
  if (tls.own) process.on('SIGHUP', () => void tls.reload());
  else tls.prepare();
  return {
    service: ingest,
    transportId: INGEST_TRANSPORT,
    module: IngestModule.register(ingest),
    alsoJoined: [resolver.consumer],
    joinsDirectory: true,
    // While it leaves, nobody would read the keys that its expansion waits for.
    followsToTheEnd: true,
    prepareHttp: (adapter) => configureHttp(adapter, ingest),
    listensOn: { host, ports: doorPorts(settings) },
    samples: async () => [
      schedulerLagSample(ingest.lag?.behindMs ?? 0),
      ...(await committedLags(log, [{ group: 'ingest-expander', topic: 'mail.submissions' }])),
    ],
    doors: () => [
      `SMTP ${host}:${ingest.submissionPort}`,
      ...(ingest.implicitTlsPort === undefined ? [] : [`SMTP over TLS ${host}:${ingest.implicitTlsPort}`]),
    ],
  };
}

function leastOf(policy: Policy | undefined): number | undefined {
  return policy && leastRetentionMs(policy);
}

function openTls({ settings, clock, timers, telemetry }: ServiceWorld<Settings>) {
  const { host, smtpsPort, hostname = 'localhost', tlsCert, tlsKey, stateDir } = settings;
  const onLoopback = host === 'localhost' || host === '::1' || host.startsWith('127.');
  const identity = { tlsCert, tlsKey, hostname, needed: smtpsPort !== undefined || !onLoopback };
  return openSubmissionTls(identity, stateDir, { clock, timers, telemetry });
}

function doorPorts({ smtpPort, smtpsPort }: Settings): [PortSetting, ...PortSetting[]] {
  const implicit = smtpsPort === undefined ? [] : [{ setting: 'PENSTOCK_SMTPS_PORT', port: smtpsPort }];
  return [{ setting: 'PENSTOCK_SMTP_PORT', port: smtpPort }, ...implicit];
}

function secretKeyOf(settings: Settings): Uint8Array {
  return requiredSecretKey(
    settings,
    'recipient hashes, DKIM and webhook keys derive from it; openssl rand -hex 32 makes one, the same for every process',
  );
}

const program = {
  name: 'ingest',
  description: 'Takes mail over HTTP and SMTP submission, answers when it is durable, and expands it.',
  settings: SETTINGS,
  check: secretKeyOf,
  assemble,
} as const;

/** Runs ingest as this process. */
export const run = (args: readonly string[]): Promise<void> => runService(program, args);

if (import.meta.main) await run(process.argv.slice(2));
