import type { Membership, PenstockService } from '@penstock/ports';
import { SESSION_TIMEOUT_MS, type SimulatedCluster, type SimulatedProcess } from '@penstock/simulation';
import type { Arrangement, Victims } from './arrangement.ts';
import { joinAll } from './memberships.ts';
import type { PlantedBug } from './planted-bugs/index.ts';
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

const SHORTEST_PAUSE_MS = 5_000;
/** Longer than a session: others have followed when it wakes, and what it was about to write it writes then. */
const MISSED_PAUSE_MS = SESSION_TIMEOUT_MS + 1_000;
/** Longer than a session, shorter than others wait before they take a silent owner's sources over. */
const LONGEST_PAUSE_MS = 45_000;
/** Who is taken for dead hears of it and is back by then. */
const REJOINED_MS = 4_000;
const RESTART_MS = 1_000;
/** Twice what passes for the same time. */
const MOST_OFF_MS = 120_000;
/** After so long somebody sets a clock right. */
const LEAST_WRONG_MS = 5_000;
const MOST_WRONG_MS = 60_000;

/**
 * Keeps the services running as production does: joins their consumers between start and stop, kills them when the
 * plan says so, and starts them again, also those whose partition stopped.
 */
export class Supervisor {
  /** Of processes that schedule. */
  readonly schedulerTroubles: Trouble[] = [];
  private readonly lives = new Map<string, Life>();

  /** Those that the seed has. */
  private readonly crashes: readonly Victims[];

  constructor(
    private readonly cluster: SimulatedCluster,
    private readonly arrangement: Arrangement,
    private readonly planted?: PlantedBug,
  ) {
    this.crashes = arrangement.crashes.filter(({ fault }) => cluster.faults.mayHappen(fault));
  }

  startAll(): void {
    for (const name of this.arrangement.processes.keys()) this.start(name);
  }

  get allUp(): boolean {
    return [...this.arrangement.processes.keys()].every((name) => {
      const life = this.lives.get(name);
      return life?.process.alive && !life.isStopping;
    });
  }

  /** The services of that name as they live now; what a dead process held answers nobody. */
  current<N extends ServiceName>(name: N): readonly ServiceOf<N>[] {
    // `start` made them with the maker of that name.
    return [...this.lives.values()].flatMap(({ services }) => (services.get(name) as ServiceOf<N> | undefined) ?? []);
  }

  /** To be called between steps: whoever the plan picks dies here. */
  strikeAsPlanned(): void {
    const { faults } = this.cluster;
    const { hosts, writers } = this.arrangement;
    for (const { fault, processes, one } of this.crashes) {
      if (!faults.happens(fault)) continue;
      for (const victim of one ? [this.oneOf(processes)] : processes) this.crash(victim);
    }
    if (faults.happens('pause')) this.pause(this.oneOf(hosts), SHORTEST_PAUSE_MS);
    if (writers.length > 0 && faults.happens('zombie_writer')) this.pause(this.oneOf(writers), MISSED_PAUSE_MS);
    if (faults.happens('stop')) this.stop(this.oneOf(hosts));
    if (faults.happens('rebalance')) this.expel(this.oneOf(hosts));
    if (faults.happens('clock_jump')) this.setClock(this.oneOf(hosts));
  }

  private oneOf(names: readonly string[]): string {
    return this.cluster.simulation.random('victims').pick(names);
  }

  /** Somebody, or a daemon, sets the clock of the host; later somebody sets it right. */
  private setClock(name: string): void {
    const { simulation, clocks } = this.cluster;
    const random = simulation.random('clocks');
    clocks.set(name, random.between(-MOST_OFF_MS, MOST_OFF_MS));
    simulation.after(random.between(LEAST_WRONG_MS, MOST_WRONG_MS), '', () => clocks.set(name, 0));
  }

  /** As SIGSTOP does. */
  private pause(name: string, leastMs: number): void {
    const life = this.lives.get(name);
    if (!life?.process.alive || life.process.isPaused) return;
    const forMs = this.cluster.simulation.random('pauses').between(leastMs, LONGEST_PAUSE_MS);
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
    if (process.incarnation > 1 && this.cluster.faults.happens('clock_wrong_at_start')) this.setClock(name);
    const ports = this.cluster.ports(process);
    const services = new Map<ServiceName, PenstockService>();
    const life: Life = { process, services, isStopping: false };
    this.lives.set(name, life);
    const onStopped = (error: unknown) => this.partitionStopped(name, process, error);
    const joining = this.servicesOf(name).map((service) => {
      const its = this.planted?.in === service ? this.planted.into(ports, process) : ports;
      const made = SERVICES[service](its, isOneProcess);
      services.set(service, made);
      return joinAll(made, its.log, onStopped);
    });
    life.memberships = Promise.all(joining);
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
      ...(services.includes('projector') && !this.isAnyAlive('projector') ? [cluster.readModels, cluster.archive] : []),
    ];
    if (folds.length > 0 && faults.happens('state_lost')) {
      for (const fold of folds) fold.lose().catch((error: unknown) => simulation.fail(error));
    }
  }

  /** What several processes write outlasts any one of them. */
  private isAnyAlive(service: ServiceName): boolean {
    return [...this.lives.values()].some(({ process, services }) => process.alive && services.has(service));
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
