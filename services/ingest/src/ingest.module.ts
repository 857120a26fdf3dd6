import { type DynamicModule, Module } from '@nestjs/common';
import { Ingest } from './ingest.ts';
import { MailSendController } from './mail-send/mail-send.controller.ts';

/** The HTTP door of ingest. The application prepares Fastify with `configureHttp` first. */
@Module({})
export class IngestModule {
  static register(ingest: Ingest): DynamicModule {
    return {
      module: IngestModule,
      controllers: [MailSendController],
      providers: [{ provide: Ingest, useValue: ingest }],
    };
  }
}
