import { ApiKeyring } from '@penstock/access';
import { InProcessSigner } from '@penstock/adapter-dkim';
import { DirectoryFollower } from '@penstock/directory';
import { createDispatcher } from '@penstock/dispatcher';
import { createIngest, type Ingest } from '@penstock/ingest';
import type { PenstockService } from '@penstock/ports';
import { createProjector, type Projector } from '@penstock/projector';
import { createScheduler } from '@penstock/scheduler';
import type { SimulatedPorts } from '@penstock/simulation';

const SECRET_KEY = new Uint8Array(32).fill(7);

/** The real services, made as production makes them, on simulated ports. */
export const SERVICES = {
  ingest: (ports: SimulatedPorts): Ingest => {
    const directory = new DirectoryFollower(ports.log, ports.telemetry, `ingest-${ports.owner}`);
    return createIngest({
      ...ports,
      recipientKey: SECRET_KEY,
      secretKey: SECRET_KEY,
      directory,
      keys: new ApiKeyring([], directory),
    });
  },
  scheduler: (ports: SimulatedPorts): PenstockService => createScheduler(ports),
  dispatcher: (ports: SimulatedPorts): PenstockService =>
    createDispatcher({ ...ports, signer: new InProcessSigner(SECRET_KEY) }),
  /** On another host, for the same sources. */
  neighbour: (ports: SimulatedPorts): PenstockService =>
    createDispatcher({ ...ports, signer: new InProcessSigner(SECRET_KEY) }),
  projector: (ports: SimulatedPorts): Projector => createProjector(ports),
} as const;

export type ServiceName = keyof typeof SERVICES;

export const SERVICE_NAMES: readonly ServiceName[] = ['ingest', 'scheduler', 'dispatcher', 'neighbour', 'projector'];
