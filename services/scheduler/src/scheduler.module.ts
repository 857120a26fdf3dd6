import { type DynamicModule, Module } from '@nestjs/common';
import { batchController } from '@penstock/nest';
import { Scheduler } from './scheduler.ts';

/** Names the scheduler's transport: the shell connects a LogStrategy with it and the scheduler's consumers. */
export const SCHEDULER_TRANSPORT = Symbol('scheduler transport');

@Module({})
export class SchedulerModule {
  static register(scheduler: Scheduler): DynamicModule {
    return {
      module: SchedulerModule,
      controllers: [batchController(SCHEDULER_TRANSPORT, scheduler.consumers)],
      providers: [{ provide: Scheduler, useValue: scheduler }],
    };
  }
}
