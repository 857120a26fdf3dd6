import { type DynamicModule, Module } from '@nestjs/common';
import { batchController } from '@penstock/nest';
import { Dispatcher } from './dispatcher.ts';

/** Names the dispatcher's transport: the shell connects a LogStrategy with it and the dispatcher's consumers. */
export const DISPATCHER_TRANSPORT = Symbol('dispatcher transport');

@Module({})
export class DispatcherModule {
  static register(dispatcher: Dispatcher): DynamicModule {
    return {
      module: DispatcherModule,
      controllers: [batchController(DISPATCHER_TRANSPORT, dispatcher.consumers)],
      providers: [{ provide: Dispatcher, useValue: dispatcher }],
    };
  }
}
