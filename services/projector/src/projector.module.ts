import { type DynamicModule, Module } from '@nestjs/common';
import type { ApiKeyring } from '@penstock/access';
import { AccessModule, batchController } from '@penstock/nest';
import { EventsController } from './events.controller.ts';
import { MailController } from './mail.controller.ts';
import { OperationsController } from './operations.controller.ts';
import { type AskedProjector, Projector } from './projector.ts';
import { RebuildsController } from './rebuilds.controller.ts';
import { ReputationController } from './reputation/reputation.controller.ts';

/** Names the projector's transport: the shell connects a LogStrategy with it and the projector's consumers. */
export const PROJECTOR_TRANSPORT = Symbol('projector transport');

@Module({})
export class ProjectorModule {
  static register(projector: AskedProjector, keyring: ApiKeyring): DynamicModule {
    return {
      module: ProjectorModule,
      imports: [AccessModule.register(keyring)],
      controllers: [
        MailController,
        OperationsController,
        EventsController,
        RebuildsController,
        ReputationController,
        batchController(PROJECTOR_TRANSPORT, projector.consumers),
      ],
      providers: [{ provide: Projector, useValue: projector }],
    };
  }
}
