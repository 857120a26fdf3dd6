import type {
  Clock,
  ContentStore,
  EventLog,
  MailTransport,
  MessageSigner,
  Random,
  Resolver,
  SourceReach,
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
  /** Whether the clock is held against the log before anything starts; it is unless this is false. */
  readonly clockCheck?: boolean | undefined;
  readonly resolver: Resolver;
  readonly transport: MailTransport;
  /** Closed by whoever opened it, after the dispatcher has stopped. */
  readonly signer: MessageSigner;
  /** Name of the process, unique among those that run. */
  readonly owner: string;
  /**
   * Whether nobody else can own a source as long as this process lives, since it holds the lock of the folder that the
   * log lies in: then nothing waits for a predecessor, and no heartbeats are needed.
   */
  readonly holdsFolderLock?: boolean;
  /**
   * Names under which processes that have certainly ended owned sources: those that had this process's folder before it.
   * Their sources are taken over without waiting for their silence.
   */
  readonly formerOwners?: readonly string[];
  /** Where not every machine can bind every source: commands are read only of those that can be bound here. */
  readonly reach?: SourceReach;
}
