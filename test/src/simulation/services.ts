import { ApiKeyring } from '@penstock/access';
import { DirectoryFollower } from '@penstock/directory';
import { createDispatcher } from '@penstock/dispatcher';
import { createIngest, type Ingest } from '@penstock/ingest';
import type { PenstockService } from '@penstock/ports';
import { createProjector, type Projector } from '@penstock/projector';
import { createScheduler } from '@penstock/scheduler';
import type { SimulatedPorts } from '@penstock/simulation';

/** The real services, made as production makes them, on simulated ports. */
export const SERVICES = {
  ingest: (ports: SimulatedPorts): Ingest => {
    const recipientKey = new Uint8Array(32).fill(7);
    const secretKey = recipientKey;
    const directory = new DirectoryFollower(ports.log, ports.telemetry, `ingest-${ports.owner}`);
    return createIngest({ ...ports, recipientKey, secretKey, directory, keys: new ApiKeyring([], directory) });
  },
  scheduler: (ports: SimulatedPorts): PenstockService => createScheduler(ports),
  dispatcher: (ports: SimulatedPorts): PenstockService => createDispatcher(ports),
  projector: (ports: SimulatedPorts): Projector => createProjector(ports),
} as const;

export type ServiceName = keyof typeof SERVICES;

export const SERVICE_NAMES: readonly ServiceName[] = ['ingest', 'scheduler', 'dispatcher', 'projector'];
