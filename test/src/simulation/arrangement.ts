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
  readonly pauses: readonly Victims[];
  readonly stops: readonly Victims[];
  /** Processes that their groups may take for dead. */
  readonly members: readonly string[];
}

/** Of a crash all of them; a pause or a stop befalls one of them. */
export interface Victims {
  readonly fault: Fault;
  readonly processes: readonly string[];
}

const SCHEDULERS = ['scheduler', 'deputy'];
const DISPATCHERS = ['dispatcher', 'neighbour'];
const ALL_APART = ['ingest', ...SCHEDULERS, ...DISPATCHERS, 'projector'];

/** Two schedulers on disks of their own, and two dispatchers, on another host each, for the same sources. */
export const APART: Arrangement = {
  name: 'apart',
  isOneProcess: false,
  processes: new Map<string, readonly ServiceName[]>([
    ['ingest', ['ingest']],
    ['scheduler', ['scheduler']],
    ['deputy', ['scheduler']],
    ['dispatcher', ['dispatcher']],
    ['neighbour', ['dispatcher']],
    ['projector', ['projector']],
  ]),
  crashes: [
    { fault: 'crash_ingest', processes: ['ingest'] },
    { fault: 'crash_scheduler', processes: ['scheduler'] },
    { fault: 'crash_deputy', processes: ['deputy'] },
    { fault: 'crash_dispatcher', processes: ['dispatcher'] },
    { fault: 'crash_neighbour', processes: ['neighbour'] },
    { fault: 'crash_projector', processes: ['projector'] },
    { fault: 'crash_scheduler_and_dispatcher', processes: ['scheduler', 'dispatcher'] },
    { fault: 'crash_all', processes: ALL_APART },
  ],
  pauses: [
    { fault: 'pause_scheduler', processes: SCHEDULERS },
    { fault: 'pause_dispatcher', processes: DISPATCHERS },
  ],
  stops: [
    { fault: 'stop_scheduler', processes: SCHEDULERS },
    { fault: 'stop_dispatcher', processes: DISPATCHERS },
  ],
  members: ALL_APART,
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
  pauses: [{ fault: 'pause_dispatcher', processes: PENSTOCK }],
  stops: [{ fault: 'stop_dispatcher', processes: PENSTOCK }],
  members: [],
};
