import type { Topic } from '@penstock/events';
import type { Consumer, EventLog, Membership, PenstockService } from '@penstock/ports';
import type { Fault, SimulatedCluster, SimulatedProcess } from '@penstock/simulation';
import { SERVICE_NAMES, SERVICES, type ServiceName } from './services.ts';

interface Life {
  readonly process: SimulatedProcess;
  readonly service: PenstockService;
  memberships?: Promise<readonly Membership[]>;
  isStopping: boolean;
}

const CRASHES: readonly { readonly fault: Fault; readonly victims: readonly ServiceName[] }[] = [
  { fault: 'crash_ingest', victims: ['ingest'] },
  { fault: 'crash_scheduler', victims: ['scheduler'] },
  { fault: 'crash_dispatcher', victims: ['dispatcher'] },
  { fault: 'crash_neighbour', victims: ['neighbour'] },
  { fault: 'crash_projector', victims: ['projector'] },
  { fault: 'crash_scheduler_and_dispatcher', victims: ['scheduler', 'dispatcher'] },
  { fault: 'crash_all', victims: SERVICE_NAMES },
];

/**
 * Keeps the services running as production does: joins their consumers between start and stop, kills them when the
 * plan says so, and starts them again, also those whose partition stopped.
 */
export class Supervisor {
  /** ms since the epoch */
  readonly schedulerDeaths: number[] = [];
  /** When one that owns sources died, stopped or stood still, ms since the epoch. */
  readonly ownerTroubles: number[] = [];
  private readonly lives = new Map<ServiceName, Life>();

  constructor(private readonly cluster: SimulatedCluster) {}

  startAll(): void {
    for (const name of SERVICE_NAMES) this.start(name);
  }

  get allUp(): boolean {
    return SERVICE_NAMES.every((name) => this.lives.get(name)?.process.alive);
  }

  /** The service as it lives now. */
  current<N extends ServiceName>(name: N): ReturnType<(typeof SERVICES)[N]> | undefined {
    // `start` made it with the maker of that name.
    return this.lives.get(name)?.service as ReturnType<(typeof SERVICES)[N]> | undefined;
  }

  /** To be called between steps: whoever the plan picks dies here. */
  crashAsPlanned(): void {
    const { faults } = this.cluster;
    for (const { fault, victims } of CRASHES) {
      if (!faults.happens(fault)) continue;
      for (const victim of victims) this.crash(victim);
    }
    const owner = this.cluster.simulation.random('owners').chance(0.5) ? 'dispatcher' : 'neighbour';
    if (faults.happens('pause_dispatcher')) this.pause(owner);
    if (faults.happens('stop_dispatcher')) this.stop(owner);
  }

  /** As SIGSTOP does, for less than others wait before they take its sources over. */
  private pause(name: ServiceName): void {
    const life = this.lives.get(name);
    if (!life?.process.alive) return;
    this.ownerTroubles.push(this.cluster.simulation.now);
    life.process.pause(this.cluster.simulation.random('pauses').between(5_000, 45_000));
  }

  /** As SIGTERM does; then it comes back. */
  private stop(name: ServiceName): void {
    const life = this.lives.get(name);
    if (!life?.process.alive || life.process.isPaused || life.isStopping || !life.memberships) return;
    life.isStopping = true;
    this.ownerTroubles.push(this.cluster.simulation.now);
    const { simulation } = this.cluster;
    const stopped = async () => {
      for (const membership of (await life.memberships) ?? []) await membership.leave();
      await life.service.stop();
      life.process.exit();
      simulation.after(1000, `restart ${name}`, () => this.start(name));
    };
    stopped().catch((error: unknown) => simulation.fail(error));
  }

  private start(name: ServiceName): void {
    const process = this.cluster.boot(name);
    const ports = this.cluster.ports(process);
    const service = SERVICES[name](ports);
    const life: Life = { process, service, isStopping: false };
    this.lives.set(name, life);
    const joined = joinAll(service, ports.log, (error) => this.partitionStopped(name, process, error));
    life.memberships = joined;
    joined.catch((error: unknown) => this.partitionStopped(name, process, error));
  }

  private crash(name: ServiceName): void {
    const life = this.lives.get(name);
    if (!life?.process.alive) return;
    life.process.crash();
    if (isOwner(name)) this.ownerTroubles.push(this.cluster.simulation.now);
    if (name === 'scheduler') this.schedulerDeaths.push(this.cluster.simulation.now);
    this.loseWhatWasNotSynced(name);
    const downMs = this.cluster.simulation.random('restarts').between(20, 3_000);
    this.cluster.simulation.after(downMs, `restart ${name}`, () => this.start(name));
  }

  private loseWhatWasNotSynced(name: ServiceName): void {
    const { faults, log, simulation } = this.cluster;
    if (faults.happens('commit_lost')) {
      for (const group of GROUPS[name]) log.loseCommits(group);
    }
    const folds = FOLDS[name](this.cluster);
    if (folds.length > 0 && faults.happens('state_lost')) {
      for (const fold of folds) fold.lose().catch((error: unknown) => simulation.fail(error));
    }
  }

  /** A partition that stopped raises an alarm in production, and somebody restarts the process. */
  private partitionStopped(name: ServiceName, process: SimulatedProcess, error: unknown): void {
    const { simulation, faults } = this.cluster;
    simulation.note(`  ${process.label} stopped a partition: ${String(error)}`);
    if (!faults.active) {
      simulation.fail(new Error(`${process.label} stopped although nothing is wrong: ${String(error)}`));
      return;
    }
    simulation.after(0, `${process.label} is restarted`, () => {
      if (process.alive) this.crash(name);
    });
  }
}

function isOwner(name: ServiceName): boolean {
  return name === 'dispatcher' || name === 'neighbour';
}

const GROUPS: Readonly<Record<ServiceName, readonly string[]>> = {
  ingest: ['ingest-expander'],
  scheduler: ['scheduler'],
  dispatcher: ['dispatcher'],
  neighbour: ['dispatcher'],
  projector: ['projector', 'archive'],
};

const FOLDS: Readonly<Record<ServiceName, (cluster: SimulatedCluster) => readonly { lose(): Promise<void> }[]>> = {
  ingest: () => [],
  scheduler: ({ state }) => [state],
  dispatcher: () => [],
  neighbour: () => [],
  projector: ({ readModels, archive }) => [readModels, archive],
};

async function joinAll(service: PenstockService, log: EventLog, onStopped: (error: unknown) => void) {
  await service.start();
  const memberships: Membership[] = [];
  for (const consumer of service.consumers) memberships.push(await join(log, consumer, onStopped));
  return memberships;
}

function join<T extends Topic>(log: EventLog, consumer: Consumer<T>, onStopped: (error: unknown) => void) {
  return log.join(watched(consumer, onStopped));
}

function watched<T extends Topic>(consumer: Consumer<T>, onStopped: (error: unknown) => void): Consumer<T> {
  const { handler } = consumer;
  return {
    ...consumer,
    handler: {
      assigned: (partition) => handler.assigned(partition),
      batch: (partition, records) => handler.batch(partition, records),
      revoked: (partition) => handler.revoked(partition),
      failed: (partition, error) => {
        handler.failed(partition, error);
        onStopped(error);
      },
    },
  };
}
