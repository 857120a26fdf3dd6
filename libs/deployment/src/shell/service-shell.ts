/** What every service apart has around it: keys, health, metrics, an application, a way to stop. */

import { hostname } from 'node:os';
import type { DynamicModule } from '@nestjs/common';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { ApiKeyring } from '@penstock/access';
import type { KafkaLog } from '@penstock/adapter-kafka';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { randomName } from '@penstock/control';
import { DirectoryFollower } from '@penstock/directory';
import { AccessModule, HealthModule, type MetricSample, type MetricsAccess, MetricsModule } from '@penstock/nest';
import type { AnyConsumer, PenstockService, Telemetry } from '@penstock/ports';
import { type KafkaSettings, openKafka } from '../engines/kafka-log.ts';
import { LogWatch } from '../engines/log-watch.ts';
import { type ApiKeySettings, keysOfSettings } from '../keys/settings-keys.ts';
import type { ServiceName } from '../settings/config-file.ts';
import type { PortSetting } from '../startup/ports.ts';
import type { UndoStack } from '../startup/undo-stack.ts';
import { createApplication, listenHttp, startService } from './application.ts';

export interface ShellSettings extends KafkaSettings, ApiKeySettings {
  readonly host: string;
  readonly httpPort: number;
  readonly metrics: MetricsAccess;
  readonly clockCheck: boolean;
}

/** What a service is made of besides its own adapters. */
export interface ServiceWorld<S> {
  readonly settings: S;
  readonly log: KafkaLog;
  readonly clock: typeof systemClock;
  readonly timers: typeof systemTimers;
  readonly random: typeof systemRandom;
  readonly telemetry: Telemetry;
  readonly clockCheck: boolean;
  /** Name of the process, unique among those that run. */
  readonly owner: string;
  readonly keyring: ApiKeyring;
  /** Looked keys up in; joined by the shell unless the service does. */
  readonly directory: DirectoryFollower;
  /** Whatever is opened is closed by it. */
  readonly undo: UndoStack;
}

export interface AssembledService {
  readonly service: PenstockService;
  readonly transportId: symbol;
  readonly module: DynamicModule;
  /** Joined besides the service's own consumers. */
  readonly alsoJoined?: readonly AnyConsumer[];
  /** Whether its consumers leave after it has stopped; it leaves by itself what it works on. */
  readonly followsToTheEnd?: boolean;
  /** Whether the service joins the directory itself. */
  readonly joinsDirectory?: boolean;
  readonly prepareHttp?: (adapter: FastifyAdapter) => void;
  readonly listensOn?: { readonly host: string; readonly ports: readonly [PortSetting, ...PortSetting[]] };
  /** Told first when the process ends: for what would keep the HTTP door open, or waits for a store that is away. */
  readonly ending?: () => Promise<unknown>;
  readonly samples: () => Promise<readonly MetricSample[]>;
  /** Where it can be reached besides HTTP, once started; for people. */
  readonly doors?: () => readonly string[];
}

export interface RunningService {
  readonly httpPort: number;
  readonly doors: readonly string[];
  notReady(): string | undefined;
}

export interface ShellDeps {
  readonly name: ServiceName;
  readonly telemetry: Telemetry;
  /** The process has to end. */
  readonly onFatal: (error: Error) => void;
  readonly undo: UndoStack;
}

/** Opens the log, then what `assemble` opens, then the doors; undone in the opposite order. */
export async function startShell<S extends ShellSettings>(
  settings: S,
  { name, telemetry, onFatal, undo }: ShellDeps,
  assemble: (world: ServiceWorld<S>) => Promise<AssembledService>,
): Promise<RunningService> {
  const keys = keysOfSettings(settings);
  const time = { clock: systemClock, timers: systemTimers, random: systemRandom };
  const clientId = `penstock-${name}`;
  const memberName = `${name}-${settings.instance ?? hostname()}`;
  const { log, singleReplica } = await openKafka(settings, { clientId, memberName, telemetry, onFatal, ...time });
  undo.push(() => log.close());
  const owner = `${memberName}-${randomName(systemRandom)}`;
  const directory = new DirectoryFollower(log, telemetry, owner);
  const keyring = new ApiKeyring(keys, directory);
  const { clockCheck } = settings;
  const assembled = await assemble({ settings, log, ...time, telemetry, clockCheck, owner, keyring, directory, undo });
  const watch = new LogWatch({ log, timers: systemTimers, telemetry });
  const checks = [
    { name: 'log', notReady: () => watch.notReady() },
    ...(assembled.joinsDirectory ? [] : [{ name: 'keys', notReady: () => directory.notReady() }]),
    { name, notReady: () => assembled.service.notReady() },
  ];
  const module = {
    module: ServiceShellModule,
    imports: [
      AccessModule.register(keyring),
      HealthModule.register(checks, { singleReplica }),
      MetricsModule.register(assembled.samples, settings.metrics),
      assembled.module,
    ],
  };
  const app = await createApplication(module, telemetry, assembled.prepareHttp);
  undo.push(() => app.close());
  const own = assembled.joinsDirectory ? [] : [directory.consumer];
  const alsoJoined = [...own, ...(assembled.alsoJoined ?? [])];
  await startService(app, log, { ...assembled, alsoJoined }, undo);
  const httpPort = await listenHttp(app, settings.host, settings.httpPort, undo);
  // Before the door is closed: it waits for every answer, and who follows the log would never be answered in full.
  undo.push(assembled.ending ?? (() => undefined));
  watch.start();
  undo.push(() => void watch.stop());
  return { httpPort, doors: assembled.doors?.() ?? [], notReady: () => reasonOf(checks) };
}

function reasonOf(checks: readonly { readonly name: string; notReady(): string | undefined }[]): string | undefined {
  for (const { name, notReady } of checks) {
    const reason = notReady();
    if (reason !== undefined) return `${name}: ${reason}`;
  }
  return undefined;
}

class ServiceShellModule {}
