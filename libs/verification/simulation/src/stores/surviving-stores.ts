import { MemoryArchive, MemoryArchiveData, MemoryKeyedData, MemoryKeyedStore } from '@penstock/adapter-memory';
import type { Archive, ArchiveEntry, KeyedChange, KeyedStore, ReadModels } from '@penstock/ports';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import type { Simulation } from '../simulation.ts';
import { latency } from '../time/latency.ts';
import type { SeededRandom } from '../time/seeded-random.ts';

/**
 * Folds kept beside the log: written behind, so that a crash may take the last writes along. Each store goes
 * back to a state it once had, positions and values together, since they are written in one transaction.
 */
export class SurvivingStores {
  private readonly stores = new Map<string, { changes: KeyedChange[]; store: MemoryKeyedStore }>();

  constructor(
    private readonly simulation: Simulation,
    private readonly faults: FaultPlan,
  ) {}

  /** As read models, which can do all that a state store can. */
  connect(process: SimulatedProcess): ReadModels {
    const call = (what: string, effect: () => Promise<void>) =>
      process.callInside(what, latency(process.simulation.random(`state ${process.label}`), 1), effect);
    return {
      open: async (name) => new StoreConnection(this, name, process),
      discard: (name) => call(`discard ${name}`, async () => this.forget(name)),
      replace: (name, other) => call(`replace ${name}`, async () => this.replace(name, other)),
    };
  }

  store(name: string): MemoryKeyedStore {
    return this.entry(name).store;
  }

  async write(name: string, change: KeyedChange): Promise<void> {
    const { changes, store } = this.entry(name);
    // What cannot be lost need not be kept twice.
    if (this.faults.mayHappen('state_lost')) changes.push(structuredClone(change));
    await store.write(change);
  }

  private forget(name: string): void {
    this.stores.delete(name);
  }

  /** A renamed file is the new one or the old one: its later loss takes writes of the new one only. */
  private replace(name: string, other: string): void {
    const entry = this.entry(other);
    this.stores.delete(other);
    this.stores.set(name, entry);
  }

  /** Forgets a tail of each store's writes, of random length. */
  async lose(): Promise<void> {
    const random = this.simulation.random('lost state');
    for (const [name, { changes }] of this.stores) {
      const kept = changes.slice(0, random.below(changes.length + 1));
      const store = new MemoryKeyedStore(new MemoryKeyedData());
      this.stores.set(name, { changes: kept, store });
      for (const change of kept) await store.write(change);
    }
  }

  /** The disk is gone, with all that was on it. */
  remove(): void {
    this.stores.clear();
  }

  private entry(name: string) {
    const known = this.stores.get(name);
    if (known) return known;
    const made = { changes: [], store: new MemoryKeyedStore(new MemoryKeyedData()) };
    this.stores.set(name, made);
    return made;
  }
}

class StoreConnection implements KeyedStore {
  private readonly random: SeededRandom;

  constructor(
    private readonly stores: SurvivingStores,
    private readonly name: string,
    private readonly process: SimulatedProcess,
  ) {
    this.random = process.simulation.random(`state ${process.label}`);
  }

  positions() {
    return this.call('positions', () => this.stores.store(this.name).positions());
  }

  get(key: string) {
    return this.call('get', () => this.stores.store(this.name).get(key));
  }

  range(query: Parameters<KeyedStore['range']>[0]) {
    return this.call('range', () => this.stores.store(this.name).range(query));
  }

  write(change: KeyedChange) {
    return this.call('write', () => this.stores.write(this.name, change));
  }

  private call<R>(what: string, effect: () => Promise<R>): Promise<R> {
    return this.process.callInside(`${what} ${this.name}`, latency(this.random, 1), effect);
  }
}

/** The archive, which loses its tail like the other folds. */
export class SurvivingArchive {
  private appends: { entries: readonly ArchiveEntry[]; positions: ReadonlyMap<string, number> }[] = [];
  private archive = new MemoryArchive(new MemoryArchiveData());

  constructor(
    private readonly simulation: Simulation,
    private readonly faults: FaultPlan,
  ) {}

  connect(process: SimulatedProcess): Archive {
    const random = this.simulation.random(`archive ${process.label}`);
    const call = <R>(what: string, effect: () => Promise<R>) =>
      process.callInside(`archive ${what}`, latency(random, 1), effect);
    return {
      append: (entries, positions) => call('append', () => this.append(entries, positions)),
      positions: () => call('positions', () => this.archive.positions()),
      read: (stream, from, limit) => call('read', () => this.archive.read(stream, from, limit)),
    };
  }

  /** How far it has come, for checkers. */
  position(name: string): number {
    return this.archive.data.positions.get(name) ?? 0;
  }

  /** As it stands, for checkers. */
  get current(): Archive {
    return this.archive;
  }

  async lose(): Promise<void> {
    const random = this.simulation.random('lost archive');
    this.appends = this.appends.slice(0, random.below(this.appends.length + 1));
    this.archive = new MemoryArchive(new MemoryArchiveData());
    for (const { entries, positions } of this.appends) await this.archive.append(entries, positions);
  }

  private async append(entries: readonly ArchiveEntry[], positions: ReadonlyMap<string, number>): Promise<void> {
    if (this.faults.mayHappen('state_lost')) {
      this.appends.push({ entries: [...entries], positions: new Map(positions) });
    }
    await this.archive.append(entries, positions);
  }
}
