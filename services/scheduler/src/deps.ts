import type { Suppressions } from '@penstock/directory';
import type {
  Clock,
  EventLog,
  QuotaStore,
  Random,
  Resolver,
  StateCopies,
  StateStore,
  StorageRoom,
  Telemetry,
  Timers,
} from '@penstock/ports';

/** What a scheduler needs of the outside. */
export interface SchedulerDeps {
  readonly log: EventLog;
  /** Holds the checkpoints, one store per partition: `scheduler-<partition>`. */
  readonly state: StateStore;
  /** Where checkpoints are copied for owners on other hosts; without, a new owner folds the log. */
  readonly copies?: StateCopies;
  /** Between two copies of a partition, ms; ten minutes where it is not given. */
  readonly copyEveryMs?: number;
  /** Budgets, one for all schedulers; while it is away each grants a part of its share by itself. */
  readonly quotas: QuotaStore;
  readonly resolver: Resolver;
  /** Whom nothing is released for, joined to the log by whoever made it; nobody where absent. */
  readonly suppressions?: Pick<Suppressions, 'reasonFor' | 'notReady' | 'onChange'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Whether the clock is held against the log before anything starts; it is unless this is false. */
  readonly clockCheck?: boolean | undefined;
  /** Asked before anything is released; without it there is always room. */
  readonly room?: StorageRoom;
  /** Name of the process, recorded with its claims. */
  readonly owner: string;
}
