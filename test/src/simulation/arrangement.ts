/** Which services run in which processes, and whom a fault befalls. */
import type { Fault } from '@penstock/simulation';
import type { ServiceName } from './services.ts';

export interface Arrangement {
  readonly name: string;
  /** Whether one process is all there is, and holds the lock of the folder that log and content lie in. */
  readonly isOneProcess: boolean;
  /** The services of each process, in the order in which they stop. */
  readonly processes: ReadonlyMap<string, readonly ServiceName[]>;
  readonly crashes: readonly Victims[];
  /** Processes of which one is stopped, paused, taken for dead, or has its clock set. */
  readonly hosts: readonly string[];
  /** Processes that go on writing after others have followed them. */
  readonly writers: readonly string[];
}

export interface Victims {
  readonly fault: Fault;
  /** Either all of them die, or one. */
  readonly processes: readonly string[];
  readonly one?: boolean;
}

const INGESTS = ['ingest', 'gate'];
const SCHEDULERS = ['scheduler', 'deputy'];
const DISPATCHERS = ['dispatcher', 'neighbour'];
const PROJECTORS = ['projector', 'mirror'];
const ALL_APART = [...INGESTS, ...SCHEDULERS, ...DISPATCHERS, ...PROJECTORS];

/** Two of each service, each on a host of its own: the schedulers with disks, the dispatchers for the same sources. */
export const APART: Arrangement = {
  name: 'apart',
  isOneProcess: false,
  processes: new Map<string, readonly ServiceName[]>([
    ...INGESTS.map((name) => [name, ['ingest']] as const),
    ...SCHEDULERS.map((name) => [name, ['scheduler']] as const),
    ...DISPATCHERS.map((name) => [name, ['dispatcher']] as const),
    ...PROJECTORS.map((name) => [name, ['projector']] as const),
  ]),
  crashes: [
    { fault: 'crash_ingest', processes: INGESTS, one: true },
    { fault: 'crash_scheduler', processes: SCHEDULERS, one: true },
    { fault: 'crash_dispatcher', processes: DISPATCHERS, one: true },
    { fault: 'crash_projector', processes: PROJECTORS, one: true },
    { fault: 'crash_scheduler_and_dispatcher', processes: ['scheduler', 'dispatcher'] },
    { fault: 'crash_all', processes: ALL_APART },
  ],
  hosts: ALL_APART,
  writers: [...SCHEDULERS, ...DISPATCHERS],
};

const PENSTOCK = ['penstock'];

/** One process over one folder: what dies, dies together. */
export const ONE_PROCESS: Arrangement = {
  name: 'one process',
  isOneProcess: true,
  processes: new Map([['penstock', ['ingest', 'scheduler', 'dispatcher', 'projector']]]),
  crashes: [
    { fault: 'crash_dispatcher', processes: PENSTOCK },
    { fault: 'crash_all', processes: PENSTOCK },
  ],
  hosts: PENSTOCK,
  writers: [],
};
