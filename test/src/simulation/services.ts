import { ApiKeyring } from '@penstock/access';
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
    return createIngest({ ...ports, recipientKey, keys: new ApiKeyring([]) });
  },
  scheduler: (ports: SimulatedPorts): PenstockService => createScheduler(ports),
  dispatcher: (ports: SimulatedPorts): PenstockService => createDispatcher(ports),
  projector: (ports: SimulatedPorts): Projector => createProjector(ports),
} as const;

export type ServiceName = keyof typeof SERVICES;

export const SERVICE_NAMES: readonly ServiceName[] = ['ingest', 'scheduler', 'dispatcher', 'projector'];
