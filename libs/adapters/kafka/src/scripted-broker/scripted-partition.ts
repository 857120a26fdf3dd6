import { ERRORS } from './errors.ts';
import { placedAt, type RecordBatch, valuesOf } from './record-batch.ts';

interface Stored {
  readonly offset: number;
  readonly batch: RecordBatch;
}

export type Appended = { readonly error: 0; readonly offset: number } | { readonly error: number };

/** A broker remembers the last five batches of an idempotent producer. */
const REMEMBERED_BATCHES = 5;

/** One partition in memory, with a broker's rules for the sequence numbers of idempotent producers (KIP-98). */
export class ScriptedPartition {
  begin = 0;
  end = 0;
  private readonly stored: Stored[] = [];
  private readonly waiting = new Set<() => void>();

  constructor(public leader: number) {}

  append(batch: RecordBatch): Appended {
    const known = this.sequenceOf(batch);
    if (known !== undefined) return known;
    const offset = this.end;
    this.stored.push({ offset, batch });
    this.end += batch.count;
    for (const wake of this.waiting) wake();
    this.waiting.clear();
    return { error: 0, offset };
  }

  /** Whole batches from the one that holds `offset` on. */
  from(offset: number): Buffer {
    const batches = this.stored.filter((stored) => stored.offset + stored.batch.count > offset);
    return Buffer.concat(batches.map((stored) => placedAt(stored.batch, stored.offset)));
  }

  /** Every record in offset order. */
  values(): string[] {
    return this.stored.flatMap(({ batch }) => valuesOf(batch));
  }

  /** Forgets what stands before `offset`, as retention does. */
  truncateBefore(offset: number): void {
    this.begin = offset;
  }

  /** Resolves at the next append; `cancel` ends the waiting. */
  nextAppend(): { readonly happened: Promise<void>; cancel(): void } {
    let wake = (): void => undefined;
    const happened = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.waiting.add(wake);
    return { happened, cancel: () => this.waiting.delete(wake) };
  }

  /** Resolves when it holds `count` records. */
  async holds(count: number): Promise<void> {
    while (this.end < count) await this.nextAppend().happened;
  }

  private sequenceOf(batch: RecordBatch): Appended | undefined {
    if (batch.producerId < 0) return undefined;
    const earlier = this.stored.filter((stored) => stored.batch.producerId === batch.producerId);
    const last = earlier.at(-1);
    if (last === undefined || last.batch.baseSequence + last.batch.count === batch.baseSequence) return undefined;
    const repeated = earlier
      .slice(-REMEMBERED_BATCHES)
      .find((stored) => stored.batch.baseSequence === batch.baseSequence && stored.batch.count === batch.count);
    // A repeat is acknowledged with the offset of what it repeats, and not appended.
    return repeated ? { error: 0, offset: repeated.offset } : { error: ERRORS.outOfOrderSequence };
  }
}
