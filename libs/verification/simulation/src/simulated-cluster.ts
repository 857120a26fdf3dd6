import type { Topic } from '@penstock/events';
import type {
  Archive,
  Clock,
  ContentStore,
  EventLog,
  MailTransport,
  QuotaStore,
  Random,
  ReadModels,
  Resolver,
  StateCopies,
  StateStore,
  Telemetry,
  Timers,
} from '@penstock/ports';
import { FaultPlan } from './faults/fault-plan.ts';
import { SimulatedLog } from './log/simulated-event-log.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { Simulation } from './simulation.ts';
import { SimulatedContent } from './stores/simulated-content.ts';
import { SimulatedCopies } from './stores/simulated-copies.ts';
import { SimulatedQuotas } from './stores/simulated-quotas.ts';
import { SurvivingArchive, SurvivingStores } from './stores/surviving-stores.ts';
import { HostClocks } from './time/host-clocks.ts';
import { MailWorld } from './world/mail-world.ts';
import { simulatedResolver } from './world/simulated-resolver.ts';
import { simulatedTransport } from './world/simulated-transport.ts';
import { Sites, type WorldSite } from './world/sites.ts';

/** Everything a service may reach, as one process sees it. */
export interface SimulatedPorts {
  readonly log: EventLog;
  readonly content: ContentStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly state: StateStore;
  readonly copies: StateCopies;
  readonly readModels: ReadModels;
  readonly archive: Archive;
  readonly resolver: Resolver;
  readonly transport: MailTransport;
  readonly quotas: QuotaStore;
  readonly owner: string;
  /** Of earlier lives of the process, which are over; none where the seed says that it has no folder to know them by. */
  readonly formerOwners: readonly string[];
}

/** What outlives the processes: the log, the stores, the network and the receivers. */
export class SimulatedCluster {
  readonly faults: FaultPlan;
  readonly log: SimulatedLog;
  readonly content: SimulatedContent;
  readonly copies: SimulatedCopies;
  readonly readModels: SurvivingStores;
  readonly archive: SurvivingArchive;
  readonly world: MailWorld;
  readonly clocks: HostClocks;
  readonly quotas: SimulatedQuotas;
  /** Whether a process started again knows that the one before it is dead. */
  keepsFolders = false;
  private readonly incarnations = new Map<string, number>();
  private readonly disks = new Map<string, SurvivingStores>();
  private readonly tellers: ((event: string, process: SimulatedProcess) => void)[] = [];

  constructor(
    readonly simulation: Simulation,
    sites: readonly WorldSite[],
    faults?: FaultPlan,
    partitions: Partial<Record<Topic, number>> = {},
  ) {
    this.faults = faults ?? new FaultPlan(simulation);
    this.clocks = new HostClocks(simulation);
    this.log = new SimulatedLog(simulation, this.faults, partitions);
    this.content = new SimulatedContent(this.faults);
    this.copies = new SimulatedCopies(this.faults);
    this.readModels = new SurvivingStores(simulation, this.faults);
    this.archive = new SurvivingArchive(simulation, this.faults);
    this.quotas = new SimulatedQuotas(simulation, this.faults);
    this.world = new MailWorld(simulation, this.faults, new Sites(sites));
  }

  /** The disk of the machine that processes of this name run on: what a successor finds there. */
  disk(name: string): SurvivingStores {
    const known = this.disks.get(name);
    if (known) return known;
    const disk = new SurvivingStores(this.simulation, this.faults);
    this.disks.set(name, disk);
    return disk;
  }

  /** Called with everything a process tells its operators. */
  onTold(observer: (event: string, process: SimulatedProcess) => void): void {
    this.tellers.push(observer);
  }

  /** A new life of the process. */
  boot(name: string, options: { readonly holdsEngine?: boolean } = {}): SimulatedProcess {
    const incarnation = (this.incarnations.get(name) ?? 0) + 1;
    this.incarnations.set(name, incarnation);
    this.simulation.note(`${name}#${incarnation} started`);
    return new SimulatedProcess(this.simulation, name, incarnation, options.holdsEngine, () => this.clocks.off(name));
  }

  ports(process: SimulatedProcess): SimulatedPorts {
    return {
      log: this.log.connect(process),
      content: this.content.connect(process),
      clock: process.clock,
      timers: process.timers,
      random: process.random,
      telemetry: this.telemetry(process),
      state: this.disk(process.name).connect(process),
      copies: this.copies.connect(process),
      readModels: this.readModels.connect(process),
      archive: this.archive.connect(process),
      resolver: simulatedResolver(process, this.world.sites, this.faults),
      transport: simulatedTransport(process, this.world),
      quotas: this.quotas.connect(process),
      owner: process.label,
      formerOwners: this.keepsFolders ? process.formerLabels : [],
    };
  }

  private telemetry(process: SimulatedProcess): Telemetry {
    return {
      log: (level, event, fields) => {
        this.simulation.note(`  ${process.label} ${level} ${event} ${fields ? JSON.stringify(fields) : ''}`);
        for (const told of this.tellers) told(event, process);
      },
    };
  }
}
