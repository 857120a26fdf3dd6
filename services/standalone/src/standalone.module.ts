import { type DynamicModule, Module } from '@nestjs/common';
import { DispatcherModule } from '@penstock/dispatcher';
import { IngestModule } from '@penstock/ingest';
import { AccessModule, HealthModule, type MetricsAccess, MetricsModule } from '@penstock/nest';
import { ProjectorModule } from '@penstock/projector';
import { SchedulerModule } from '@penstock/scheduler';
import type { Sandbox } from '@penstock/testing';
import { SandboxModule } from './sandbox/sandbox.controller.ts';
import { type Services, startOrder } from './services.ts';

/** The services' own modules side by side; nothing is wired here that a service of its own would wire otherwise. */
@Module({})
export class StandaloneModule {
  static register(services: Services, sandbox: Sandbox | undefined, metrics: MetricsAccess): DynamicModule {
    const { ingest, scheduler, dispatcher, projector, keyring } = services;
    const checks = startOrder(services).map(({ name, service }) => ({ name, notReady: () => service.notReady() }));
    return {
      module: StandaloneModule,
      imports: [
        AccessModule.register(keyring),
        HealthModule.register(checks),
        MetricsModule.register(services.samples, metrics),
        IngestModule.register(ingest),
        SchedulerModule.register(scheduler),
        DispatcherModule.register(dispatcher),
        ProjectorModule.register(projector, keyring),
        ...(sandbox ? [SandboxModule.register(sandbox)] : []),
      ],
    };
  }
}
