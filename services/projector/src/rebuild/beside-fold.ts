import type { Archive, EventLog } from '@penstock/ports';
import type { Pace } from '../facts/pace.ts';
import { unreadable } from '../facts/readable-fact.ts';
import { earlierClaims } from './earlier-claims.ts';
import type { ModelBeside } from './live-model.ts';

/** Records asked for at once: a few milliseconds of folding. */
const READ_RECORDS = 1_000;
/** Facts between two writes; what happens within one batch of them costs no row. */
const STORE_FACTS = 50_000;

export interface BesideFoldDeps {
  readonly log: EventLog;
  readonly archive: Archive;
}

/** Folds the log into the model beside, partition by partition, from its begin to wherever is asked for. */
export class BesideFold {
  /** Next offset to fold, by partition. */
  readonly positions = new Map<number, number>();
  /** Time of the first fact of partitions whose log begins later than at its first record, ms since the epoch. */
  readonly coveredFrom = new Map<number, number>();
  factsFolded = 0;
  private unstored = 0;
  private storing: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: BesideFoldDeps,
    private readonly beside: ModelBeside,
    private readonly pace: Pace,
  ) {}

  async begin(partition: number, offset: number): Promise<void> {
    await this.beside.sink.restore(partition);
    this.positions.set(partition, offset);
    if (offset === 0) return;
    const claims = await earlierClaims(this.deps.archive, partition, offset);
    for (const claim of claims) this.beside.sink.fold(partition, claim);
    const [first] = await this.deps.log.read('mail.events', partition, offset, 1);
    if (first) this.coveredFrom.set(partition, first.record.at);
  }

  /** Folds everything of the partition before `end`; `told` is called as it goes. */
  async reach(partition: number, end: number, told: () => void): Promise<void> {
    for (let at = this.position(partition); at < end; ) {
      await this.pace.breathe();
      at = await this.step(partition, at, end);
      told();
      if (this.unstored >= STORE_FACTS) await this.store();
    }
  }

  /** Stores everything folded, down to what the fold would go on from. */
  async settle(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) this.beside.sink.leaving(partition);
    await this.store();
  }

  private async step(partition: number, at: number, end: number): Promise<number> {
    const records = await this.deps.log.read('mail.events', partition, at, Math.min(READ_RECORDS, end - at));
    const last = records.at(-1);
    if (!last)
      throw new Error(`partition ${partition} of mail.events gives nothing at ${at}, though it was read before`);
    for (const stored of records) {
      // The live fold has noted it.
      if (unreadable(stored.record) === undefined) this.beside.sink.fold(partition, stored);
    }
    this.factsFolded += records.length;
    this.unstored += records.length;
    this.positions.set(partition, last.offset + 1);
    return last.offset + 1;
  }

  /** One at a time: each takes what is folded and the positions it stands for at the same moment. */
  private store(): Promise<void> {
    this.unstored = 0;
    this.storing = this.storing.then(() => this.beside.sink.store(new Map(this.positions)));
    return this.storing;
  }

  private position(partition: number): number {
    const position = this.positions.get(partition);
    if (position === undefined) throw new Error(`partition ${partition} was not begun`);
    return position;
  }
}
