import { type DynamicModule, Module } from '@nestjs/common';
import { AccessModule } from '@penstock/nest';
import { AdministrationController } from './administration/administration.controller.ts';
import { Ingest } from './ingest.ts';
import { MailSendController } from './mail-send/mail-send.controller.ts';
import { SuppressionsController } from './suppressions/suppressions.controller.ts';
import { SourceWarmupsController } from './warm-up/source-warmups.controller.ts';

/** The HTTP door of ingest. The application prepares Fastify with `configureHttp` first. */
@Module({})
export class IngestModule {
  static register(ingest: Ingest): DynamicModule {
    return {
      module: IngestModule,
      imports: [AccessModule.register(ingest.keys)],
      controllers: [MailSendController, AdministrationController, SuppressionsController, SourceWarmupsController],
      providers: [{ provide: Ingest, useValue: ingest }],
    };
  }
}
