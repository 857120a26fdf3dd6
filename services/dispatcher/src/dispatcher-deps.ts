import type {
  Clock,
  ContentStore,
  EventLog,
  MailTransport,
  Random,
  Resolver,
  Telemetry,
  Timers,
} from '@penstock/ports';

export interface DispatcherDeps {
  readonly log: EventLog;
  readonly content: ContentStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly resolver: Resolver;
  readonly transport: MailTransport;
  /** Name of the process, unique among those that run. */
  readonly owner: string;
}
