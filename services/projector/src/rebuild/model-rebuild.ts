import type { Archive, Clock, EventLog, KeyedStore, Timers } from '@penstock/ports';
import { MINUTE_MS } from '../counters/minute-counters.ts';
import { Pace } from '../facts/pace.ts';
import { BesideFold } from './beside-fold.ts';
import { carryRows } from './carried-rows.ts';
import type { LiveModel, ModelBeside } from './live-model.ts';
import type { ModelResult, SectionResult } from './rebuild-view.ts';
import { RowComparison } from './row-comparison.ts';
import {
  endedDeliveries,
  type FirstKept,
  firstCovered,
  firstKept,
  leftOut,
  partitionSection,
  rowsBefore,
  type Section,
  unpartitionedSection,
} from './sections.ts';

export interface RebuildDeps {
  readonly log: EventLog;
  readonly archive: Archive;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** The live fold is stopped for the rest of the way once it is no further ahead than this, facts. */
const CLOSE = 2_000;
/** Rounds of catching up before it is stopped whatever the distance. */
const ROUNDS = 20;

/** The rebuild was told to end. */
export class RebuildCancelledError extends Error {
  override readonly name = 'RebuildCancelledError';
}

/**
 * Rebuilds one read model beside the live one and compares them: each partition at an offset where the live fold is
 * stopped for as long as its rows are read, then what all partitions add to at one offset each.
 *
 * Nothing of it outlives the process but the store beside, which the next rebuild discards; until the switch, which
 * is one atomic step, the live model is as if nothing had happened.
 */
export class ModelRebuild {
  private cancelled = false;
  /** What ended one of several ways; the others end with it. */
  private failure: Error | undefined;
  private foldedMs = 0;
  private longestStandstillMs = 0;
  private fold: BesideFold | undefined;
  private readonly begins = new Map<number, number>();
  private readonly pace: Pace;
  private readonly sections: SectionResult[] = [];
  private notCarried = 0;
  private carriedRows = 0;
  private swapped = false;

  constructor(
    private readonly deps: RebuildDeps,
    private readonly live: LiveModel,
    private readonly swap: boolean,
  ) {
    this.pace = new Pace(deps.clock, deps.timers, () => this.check());
  }

  cancel(): void {
    this.cancelled = true;
  }

  get factsFolded(): number {
    return this.fold?.factsFolded ?? 0;
  }

  /** How long it has been folding. */
  get foldingMs(): number {
    return this.foldedMs;
  }

  /** Facts the live model rests on, as far as the log still holds them. */
  get factsInAll(): number {
    let sum = 0;
    for (const [partition, begin] of this.begins) sum += Math.max(0, (this.live.reached(partition) ?? 0) - begin);
    return sum;
  }

  /** What is known by now. */
  get result(): ModelResult {
    const { sections, swapped, carriedRows, longestStandstillMs } = this;
    return { model: this.live.name, sections, swapped, carriedRows, longestStandstillMs };
  }

  /** Once. @throws RebuildCancelledError after `cancel`, at the next step */
  async run(): Promise<void> {
    const beside = await this.live.openBeside();
    try {
      const fold = new BesideFold(this.deps, beside, this.pace);
      this.fold = fold;
      const partitions = [...this.live.partitions()].sort((a, b) => a - b);
      if (partitions.length === 0) throw new Error('no partition of mail.events is read here yet');
      await this.begin(partitions, fold);
      await this.approach(partitions, fold);
      for (const partition of partitions) await this.partition(partition, beside, fold);
      await this.together(partitions, beside, fold);
    } finally {
      if (!this.swapped) await beside.discard();
    }
  }

  private async begin(partitions: readonly number[], fold: BesideFold): Promise<void> {
    for (const partition of partitions) {
      const { begin } = await this.deps.log.bounds('mail.events', partition);
      this.begins.set(partition, begin);
      await fold.begin(partition, begin);
    }
  }

  private async partition(partition: number, beside: ModelBeside, fold: BesideFold): Promise<void> {
    await this.approach([partition], fold);
    await this.stopped([partition], fold, async (reached) => {
      const left = await leftOut(this.live.rows, partition, this.begins.get(partition) ?? 0);
      this.notCarried += left.pending.size;
      const section = partitionSection(partition, left);
      const comparison = new RowComparison();
      await comparison.compare(this.live.rows, beside.rows, section, () => this.pace.breathe());
      if (left.older) await compareEnded(comparison, this.live.rows, beside.rows, partition);
      this.told(section, reached, comparison, left.pending.size + left.lanes.size);
    });
  }

  /** What all partitions add to, and the switch. */
  private async together(partitions: readonly number[], beside: ModelBeside, fold: BesideFold): Promise<void> {
    await this.approach(partitions, fold);
    await this.stopped(partitions, fold, async (reached) => {
      const covered = firstCovered(firstCoveredMinute(fold, beside));
      const kept = await firstKept(this.live.rows, beside.rows);
      const section = unpartitionedSection({
        minute: Math.max(covered.minute, kept.minute),
        hour: Math.max(covered.hour, kept.hour),
      });
      const comparison = new RowComparison();
      await comparison.compare(this.live.rows, beside.rows, section, () => this.pace.breathe());
      this.told(section, reached, comparison, 0);
      if (this.swap) await this.takePlace(beside, covered);
    });
  }

  private async takePlace(beside: ModelBeside, covered: FirstKept): Promise<void> {
    if (this.notCarried > 0) {
      throw new Error(
        `${this.notCarried} deliveries on their way were accepted before the log's begin: rebuilt rows would lack them, so nothing is switched. Keep the log for longer than a delivery may take`,
      );
    }
    if (Number.isFinite(covered.minute)) {
      for (const range of rowsBefore(covered)) {
        this.carriedRows += await carryRows(this.live.rows, beside.rows, range);
      }
    }
    this.check();
    await beside.takePlace();
    this.swapped = true;
  }

  /** Folds until the live model is close ahead. */
  private async approach(partitions: readonly number[], fold: BesideFold): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const from = fold.factsFolded;
      await this.reach(fold, new Map(partitions.map((partition) => [partition, this.live.reached(partition) ?? 0])));
      if (fold.factsFolded - from <= CLOSE) return;
    }
  }

  /** Partitions in turns: while one waits for the disk, another is folded. */
  private async reach(fold: BesideFold, ends: ReadonlyMap<number, number>): Promise<void> {
    const since = this.deps.clock.monotonic();
    const before = this.foldedMs;
    const told = () => {
      this.foldedMs = before + this.deps.clock.monotonic() - since;
    };
    const ways = [...ends].map(([partition, end]) => fold.reach(partition, end, told));
    // All of them have ended before anything is thrown: nothing folds on behind the back of what comes next.
    await Promise.all(ways.map((way) => way.catch((error) => this.fail(error))));
    told();
    if (this.failure) throw this.failure;
  }

  private fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
  }

  /** Stops the live fold, goes the rest of the way, and runs `work` where both hold the same facts. */
  private stopped<R>(
    partitions: readonly number[],
    fold: BesideFold,
    work: (reached: ReadonlyMap<number, number>) => Promise<R>,
  ): Promise<R> {
    return this.live.atStandstill(partitions, async (reached) => {
      const since = this.deps.clock.monotonic();
      try {
        await this.reach(fold, reached);
        await fold.settle(partitions);
        return await work(reached);
      } finally {
        this.longestStandstillMs = Math.max(this.longestStandstillMs, this.deps.clock.monotonic() - since);
      }
    });
  }

  private told(
    section: Section,
    reached: ReadonlyMap<number, number>,
    comparison: RowComparison,
    notCompared: number,
  ): void {
    const compared = comparison.result();
    const equal = compared.liveDigest === compared.rebuiltDigest;
    const offsets = Object.fromEntries(reached);
    this.sections.push({ section: section.name, offsets, ...compared, equal, notCompared });
  }

  private check(): void {
    if (this.failure) throw this.failure;
    if (this.cancelled) throw new RebuildCancelledError('the rebuild was cancelled');
  }
}

/**
 * The first minute whose counts the rebuild can make whole: from the log's begin, whatever concerns a delivery that was
 * accepted before it is counted by the live model alone. Before every minute where the log holds everything.
 */
function firstCoveredMinute(fold: BesideFold, beside: ModelBeside): number {
  if (fold.coveredFrom.size === 0) return Number.NEGATIVE_INFINITY;
  const latest = Math.max(...fold.coveredFrom.values(), beside.unknownUntil());
  // Facts of a minute may stand on both sides of the log's begin, and of the next one by a writer's clock.
  return Math.floor(latest / MINUTE_MS) + 2;
}

/** Of the deliveries that ended, those that both remember. */
async function compareEnded(
  comparison: RowComparison,
  live: KeyedStore,
  rebuilt: KeyedStore,
  partition: number,
): Promise<void> {
  const [a, b] = await Promise.all([endedDeliveries(live, partition), endedDeliveries(rebuilt, partition)]);
  const known = Math.min(a.length, b.length);
  if (known === 0) return;
  comparison.compareValue(`ended|${partition}`, a.slice(-known), b.slice(-known));
}
