import type { Clock, EventLog, Random, Resolver, StateStore, StorageRoom, Telemetry, Timers } from '@penstock/ports';

/** What a scheduler needs of the outside. */
export interface SchedulerDeps {
  readonly log: EventLog;
  /** Holds the checkpoints, one store per partition: `scheduler-<partition>`. */
  readonly state: StateStore;
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Asked before anything is released; without it there is always room. */
  readonly room?: StorageRoom;
  /** Name of the process, recorded with its claims. */
  readonly owner: string;
}
