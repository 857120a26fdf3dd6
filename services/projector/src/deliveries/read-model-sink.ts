import type { Clock, KeyedChange, KeyedEntry, StoredRecord, Telemetry } from '@penstock/ports';
import type { FactTally } from '../counters/fact-tally.ts';
import { MinuteCounters } from '../counters/minute-counters.ts';
import type { FactSink } from '../facts/fact-reader.ts';
import { countsName } from './counts-position.ts';
import type { PartitionFold } from './partition-fold.ts';
import { restorePartition, takeCheckpoint } from './partition-rows.ts';
import type { ReadModel } from './read-model.ts';
import { toJson } from './row-json.ts';

/** The state of the deliveries is stored this often; what counts and lanes show is stored with every write. */
const CHECKPOINT_MS = 5_000;
const CHECKPOINT_FACTS = 50_000;
/** Expired minutes deleted in one write. */
const PRUNE_ROWS = 1_000;

interface Partition {
  readonly fold: PartitionFold;
  /** Facts before it are in the stored counts. */
  readonly countedTo: number;
  /** The next fact to fold; undefined before the first one ever. */
  position: number | undefined;
}

/**
 * Counters and lanes, and what is needed to go on with them, in one store and one transaction.
 *
 * Two positions are kept. The counts hold everything before the first. The state of the deliveries holds everything
 * before the second, which may lie further back: after a restart the facts between them are folded once more without
 * being counted. So deliveries that end within seconds cost no row at all.
 */
export class ReadModelSink implements FactSink {
  private readonly counters = new MinuteCounters();
  private readonly partitions = new Map<number, Partition>();
  private factsSinceCheckpoint = 0;
  private checkpointAt: number;

  constructor(
    private readonly model: ReadModel,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
  ) {
    this.checkpointAt = clock.monotonic() + CHECKPOINT_MS;
  }

  /** From now on what is counted is added here as well. */
  tallyIn(tally: FactTally): void {
    this.counters.tally = tally;
  }

  async restore(partition: number): Promise<number | undefined> {
    const positions = await this.model.rows.positions();
    const position = positions.get(stateName(partition));
    const countedTo = positions.get(countsName(partition)) ?? 0;
    const fold = await restorePartition(this.model.rows, partition, this.counters);
    this.partitions.set(partition, { fold, countedTo, position });
    return position;
  }

  fold(partition: number, { offset, record }: StoredRecord<'mail.events'>): number {
    const known = this.partitions.get(partition);
    if (!known) throw new Error(`partition ${partition} of mail.events was never assigned`);
    known.fold.apply(offset, record, offset < known.countedTo);
    known.position = offset + 1;
    this.factsSinceCheckpoint++;
    return 1;
  }

  async store(positions: ReadonlyMap<number, number>): Promise<void> {
    const { puts, deletes } = this.takeLanes();
    const increments = [...this.counters.take(), ...this.counters.hours.take()];
    const named = new Map<string, number>();
    for (const [partition, offset] of positions) {
      const counted = Math.max(offset, this.partitions.get(partition)?.countedTo ?? 0);
      named.set(countsName(partition), counted);
    }
    if (this.checkpointDue()) this.takeCheckpoints(named, puts, deletes);
    this.noteUnknown();
    const pruned = await this.expiredRows();
    const change: KeyedChange = {
      positions: named,
      puts,
      deletes: [...deletes, ...pruned],
      increments,
    };
    await this.model.rows.write(change);
  }

  /** The next write is a checkpoint, so that whoever reads the partition next has nothing to fold again. */
  leaving(): void {
    this.checkpointAt = Number.NEGATIVE_INFINITY;
  }

  release(partition: number): void {
    this.partitions.delete(partition);
  }

  /** Time of the latest fact about a delivery whose acceptance was not among those folded, ms since the epoch. */
  unknownUntil(): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...[...this.partitions.values()].map(({ fold }) => fold.unknownUntil));
  }

  /** Keys of rows to be let go with this write. */
  private async expiredRows(): Promise<readonly string[]> {
    const { hours } = this.counters;
    const minutes = this.counters.expired();
    const ranges = [...(minutes ? [minutes] : []), ...hours.expired()];
    const pages = await Promise.all(ranges.map((range) => this.model.rows.range({ ...range, limit: PRUNE_ROWS })));
    if (pages.every((rows) => rows.length < PRUNE_ROWS)) hours.pruned();
    return pages.flatMap((rows) => rows.map(({ key }) => key));
  }

  private takeLanes(): { puts: KeyedEntry[]; deletes: string[] } {
    const puts: KeyedEntry[] = [];
    const deletes: string[] = [];
    for (const { fold } of this.partitions.values()) {
      for (const [key, lane] of fold.changedLanes) {
        if (lane.empty) deletes.push(key);
        else puts.push({ key, value: toJson(lane.row()) });
      }
      fold.changedLanes.clear();
    }
    return { puts, deletes };
  }

  private checkpointDue(): boolean {
    return this.factsSinceCheckpoint >= CHECKPOINT_FACTS || this.clock.monotonic() >= this.checkpointAt;
  }

  private takeCheckpoints(positions: Map<string, number>, puts: KeyedEntry[], deletes: string[]): void {
    this.factsSinceCheckpoint = 0;
    this.checkpointAt = this.clock.monotonic() + CHECKPOINT_MS;
    for (const [partition, { fold, position }] of this.partitions) {
      const taken = takeCheckpoint(partition, fold);
      for (const row of taken.puts) puts.push(row);
      for (const key of taken.deletes) deletes.push(key);
      if (position !== undefined) positions.set(stateName(partition), position);
    }
  }

  private noteUnknown(): void {
    for (const [partition, { fold }] of this.partitions) {
      if (fold.unknownFacts === 0) continue;
      this.telemetry.log('debug', 'facts_of_unknown_deliveries', { partition, facts: fold.unknownFacts });
      fold.unknownFacts = 0;
    }
  }
}

function stateName(partition: number): string {
  return `mail.events-${partition} deliveries`;
}
