import type { Membership, PenstockService } from '@penstock/ports';
import type { SimulatedCluster, SimulatedProcess } from '@penstock/simulation';
import type { Arrangement, Victims } from './arrangement.ts';
import { joinAll } from './memberships.ts';
import { SERVICES, type ServiceName, type ServiceOf } from './services.ts';

interface Life {
  readonly process: SimulatedProcess;
  readonly services: ReadonlyMap<ServiceName, PenstockService>;
  memberships?: Promise<readonly (readonly Membership[])[]>;
  isStopping: boolean;
}

/** When something was wrong with a process; ms since the epoch. */
export interface Trouble {
  readonly from: number;
  readonly until: number;
}

/** Longer than a session, shorter than others wait before they take a silent owner's sources over. */
const LONGEST_PAUSE_MS = 45_000;
/** Who is taken for dead hears of it and is back by then. */
const REJOINED_MS = 4_000;
const RESTART_MS = 1_000;

/**
 * Keeps the services running as production does: joins their consumers between start and stop, kills them when the
 * plan says so, and starts them again, also those whose partition stopped.
 */
export class Supervisor {
  /** Of processes that schedule. */
  readonly schedulerTroubles: Trouble[] = [];
  private readonly lives = new Map<string, Life>();

  constructor(
    private readonly cluster: SimulatedCluster,
    private readonly arrangement: Arrangement,
  ) {}

  startAll(): void {
    for (const name of this.arrangement.processes.keys()) this.start(name);
  }

  get allUp(): boolean {
    return [...this.arrangement.processes.keys()].every((name) => {
      const life = this.lives.get(name);
      return life?.process.alive && !life.isStopping;
    });
  }

  /** The first service of that name as it lives now. */
  current<N extends ServiceName>(name: N): ServiceOf<N> | undefined {
    for (const { services } of this.lives.values()) {
      // `start` made it with the maker of that name.
      if (services.has(name)) return services.get(name) as ServiceOf<N>;
    }
    return undefined;
  }

  /** To be called between steps: whoever the plan picks dies here. */
  strikeAsPlanned(): void {
    const { faults, simulation } = this.cluster;
    const { crashes, pauses, stops, members } = this.arrangement;
    for (const { fault, processes } of crashes) {
      if (!faults.happens(fault)) continue;
      for (const victim of processes) this.crash(victim);
    }
    for (const victims of pauses) this.strikeOne(victims, (victim) => this.pause(victim));
    for (const victims of stops) this.strikeOne(victims, (victim) => this.stop(victim));
    if (members.length > 0 && faults.happens('rebalance')) this.expel(simulation.random('members').pick(members));
  }

  private strikeOne({ fault, processes }: Victims, strike: (victim: string) => void): void {
    if (this.cluster.faults.happens(fault)) strike(this.cluster.simulation.random('victims').pick(processes));
  }

  /** As SIGSTOP does. */
  private pause(name: string): void {
    const life = this.lives.get(name);
    if (!life?.process.alive || life.process.isPaused) return;
    const forMs = this.cluster.simulation.random('pauses').between(5_000, LONGEST_PAUSE_MS);
    this.note(name, forMs);
    life.process.pause(forMs);
  }

  /** Its heartbeats were lost: its partitions go to others while it works on. */
  private expel(name: string): void {
    const life = this.lives.get(name);
    if (!life?.process.alive) return;
    this.note(name, REJOINED_MS);
    life.process.expel();
  }

  /** As SIGTERM does; then it comes back. */
  private stop(name: string): void {
    const life = this.lives.get(name);
    if (!life?.process.alive || life.process.isPaused || life.isStopping || !life.memberships) return;
    life.isStopping = true;
    this.note(name, RESTART_MS);
    const { simulation } = this.cluster;
    const stopped = async () => {
      const memberships = (await life.memberships) ?? [];
      for (const membership of memberships.flat()) await membership.leave();
      for (const service of life.services.values()) await service.stop();
      // It was killed meanwhile, and has a successor.
      if (!life.process.alive) return;
      life.process.exit();
      this.note(name, RESTART_MS);
      simulation.after(RESTART_MS, `restart ${name}`, () => this.start(name));
    };
    stopped().catch((error: unknown) => simulation.fail(error));
  }

  private start(name: string): void {
    const { isOneProcess } = this.arrangement;
    const process = this.cluster.boot(name, { holdsEngine: isOneProcess });
    const ports = this.cluster.ports(process);
    const services = new Map<ServiceName, PenstockService>();
    for (const service of this.servicesOf(name)) services.set(service, SERVICES[service](ports, isOneProcess));
    const life: Life = { process, services, isStopping: false };
    this.lives.set(name, life);
    const onStopped = (error: unknown) => this.partitionStopped(name, process, error);
    life.memberships = Promise.all([...services.values()].map((service) => joinAll(service, ports.log, onStopped)));
    life.memberships.catch(onStopped);
  }

  private crash(name: string): void {
    const life = this.lives.get(name);
    if (!life?.process.alive) return;
    life.process.crash();
    this.loseWhatWasNotSynced(name);
    const downMs = this.cluster.simulation.random('restarts').between(20, 3_000);
    this.note(name, downMs);
    this.cluster.simulation.after(downMs, `restart ${name}`, () => this.start(name));
  }

  private loseWhatWasNotSynced(name: string): void {
    const { cluster } = this;
    const { faults, log, simulation } = cluster;
    const services = this.servicesOf(name);
    if (faults.happens('commit_lost')) {
      for (const group of services.flatMap((service) => GROUPS[service])) log.loseCommits(group);
    }
    // Where everything is one process, the disk has the log too.
    const hasOwnDisk = services.includes('scheduler') && !this.arrangement.isOneProcess;
    if (hasOwnDisk && faults.happens('disk_lost')) cluster.disk(name).remove();
    const folds = [
      ...(services.includes('scheduler') ? [cluster.disk(name)] : []),
      ...(services.includes('projector') ? [cluster.readModels, cluster.archive] : []),
    ];
    if (folds.length > 0 && faults.happens('state_lost')) {
      for (const fold of folds) fold.lose().catch((error: unknown) => simulation.fail(error));
    }
  }

  /** A partition that stopped raises an alarm in production, and somebody restarts the process. */
  private partitionStopped(name: string, process: SimulatedProcess, error: unknown): void {
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

  private note(name: string, forMs: number): void {
    if (!this.servicesOf(name).includes('scheduler')) return;
    const { now } = this.cluster.simulation;
    this.schedulerTroubles.push({ from: now, until: now + forMs });
  }

  private servicesOf(name: string): readonly ServiceName[] {
    return this.arrangement.processes.get(name) ?? [];
  }
}

const GROUPS: Readonly<Record<ServiceName, readonly string[]>> = {
  ingest: ['ingest-expander'],
  scheduler: ['scheduler'],
  dispatcher: ['dispatcher'],
  projector: ['projector', 'archive'],
};
