import type {
  Clock,
  ContentStore,
  EventLog,
  MailTransport,
  MessageSigner,
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
  /** Closed by whoever opened it, after the dispatcher has stopped. */
  readonly signer: MessageSigner;
  /** Name of the process, unique among those that run. */
  readonly owner: string;
}
