import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { HTTP_SERVER_OPTIONS, HttpErrorsFilter, LogStrategy, NestLogger } from '@penstock/nest';
import type { AnyConsumer, EventLog, PenstockService, Telemetry } from '@penstock/ports';
import { onPorts, type PortSetting } from '../startup/ports.ts';
import type { UndoStack } from '../startup/undo-stack.ts';

/** @param prepare called with Fastify before Nest registers the routes */
export async function createApplication(
  module: DynamicModule,
  telemetry: Telemetry,
  prepare: (adapter: FastifyAdapter) => void = () => {},
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter(HTTP_SERVER_OPTIONS);
  prepare(adapter);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLogger(telemetry),
    abortOnError: false,
  });
  app.useGlobalFilters(new HttpErrorsFilter(telemetry));
  return app;
}

export interface StartedService {
  readonly service: PenstockService;
  readonly transportId: symbol;
  /** Joined besides the service's own. */
  readonly alsoJoined?: readonly AnyConsumer[];
  /**
   * It leaves by itself what it works on, and follows the rest until it has stopped: leaving takes long where the log is
   * away, and none of the time it has to stop.
   */
  readonly followsToTheEnd?: boolean;
  /** What the service listens on when it starts, for the message where a port cannot be had. */
  readonly listensOn?: { readonly host: string; readonly ports: readonly [PortSetting, ...PortSetting[]] };
}

/** Starts the service and joins its consumers to the log; undone, the consumers leave first unless it follows to the end. */
export async function startService(
  app: NestFastifyApplication,
  log: EventLog,
  { service, transportId, alsoJoined = [], followsToTheEnd = false, listensOn }: StartedService,
  undo: UndoStack,
): Promise<void> {
  const strategy = new LogStrategy({ log, consumers: [...alsoJoined, ...service.consumers], transportId });
  if (followsToTheEnd) undo.push(() => strategy.close());
  if (listensOn) await onPorts(listensOn.host, listensOn.ports, () => service.start());
  else await service.start();
  undo.push(() => service.stop());
  if (!followsToTheEnd) undo.push(() => strategy.close());
  await app.connectMicroservice({ strategy }).listen();
}

/** Opens the HTTP door; answers its port. Undone, it takes no new request and resolves when those begun are answered. */
export async function listenHttp(
  app: NestFastifyApplication,
  host: string,
  httpPort: number,
  undo: UndoStack,
): Promise<number> {
  await app.init();
  // Fastify's own: Nest's would log a port in use as well, with a stack.
  await onPorts(host, [{ setting: 'PENSTOCK_HTTP_PORT', port: httpPort }], () =>
    app.getHttpAdapter().getInstance().listen({ port: httpPort, host }),
  );
  undo.push(() => app.getHttpAdapter().close() as Promise<unknown>);
  const address: unknown = app.getHttpServer().address();
  return typeof address === 'object' && address !== null && 'port' in address ? Number(address.port) : httpPort;
}
