import { ApiKeyring } from '@penstock/access';
import { InProcessSigner } from '@penstock/adapter-dkim';
import { DirectoryFollower, Suppressions } from '@penstock/directory';
import { createDispatcher } from '@penstock/dispatcher';
import { createIngest, type Ingest } from '@penstock/ingest';
import type { AnyConsumer, PenstockService } from '@penstock/ports';
import { createProjector, type Projector } from '@penstock/projector';
import { REPUTATION_RULES } from '@penstock/reputation';
import { createScheduler } from '@penstock/scheduler';
import type { SimulatedPorts } from '@penstock/simulation';

/** A campaign has a few hundred recipients. */
const SOON_RATED = { ...REPUTATION_RULES, minOutcomes: 5 };

const SECRET_KEY = new Uint8Array(32).fill(7);
/** Often, so that a scheduler whose disk is lost finds a copy. */
const COPY_EVERY_MS = 15_000;

/** The real services, made as production makes them, on simulated ports. */
export const SERVICES = {
  ingest: (ports: SimulatedPorts): Ingest => {
    const directory = new DirectoryFollower(ports.log, ports.telemetry, `ingest-${ports.owner}`);
    return createIngest({
      ...ports,
      recipientKey: SECRET_KEY,
      secretKey: SECRET_KEY,
      directory,
      suppressions: new Suppressions(ports, `ingest-${ports.owner}`),
      keys: new ApiKeyring([], directory),
    });
  },
  scheduler: (ports: SimulatedPorts, isOneProcess = false): PenstockService => {
    const { copies, ...others } = ports;
    const suppressions = new Suppressions(ports, `scheduler-${ports.owner}`);
    const copying = isOneProcess ? {} : { copies, copyEveryMs: COPY_EVERY_MS };
    return joining(createScheduler({ ...others, ...copying, suppressions }), suppressions.consumer);
  },
  dispatcher: (ports: SimulatedPorts, isOneProcess = false): PenstockService =>
    createDispatcher({ ...ports, signer: new InProcessSigner(SECRET_KEY), holdsFolderLock: isOneProcess }),
  projector: (ports: SimulatedPorts): Projector =>
    createProjector({ ...ports, publishes: true, reputationRules: SOON_RATED }),
} as const;

/** The service, with what its shell joins besides its own consumers. */
function joining(service: PenstockService, consumer: AnyConsumer): PenstockService {
  return {
    consumers: [...service.consumers, consumer],
    start: () => service.start(),
    stop: () => service.stop(),
    notReady: () => service.notReady(),
  };
}

export type ServiceName = keyof typeof SERVICES;
export type ServiceOf<N extends ServiceName> = ReturnType<(typeof SERVICES)[N]>;
