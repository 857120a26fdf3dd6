import type { Topic } from '@penstock/events';
import type { StoredRecord } from '@penstock/ports';

interface TailBatch {
  readonly offset: number;
  readonly records: readonly StoredRecord<Topic>[];
  readonly bytes: number;
}

const FORGOTTEN: TailBatch = { offset: -1, records: [], bytes: 0 };

/** The last records of a partition, as they were appended: readers that keep up never touch the disk. */
export class PartitionTail {
  private batches: TailBatch[] = [];
  private head = 0;

  /** First offset held, undefined if none is. */
  get begin(): number | undefined {
    return this.batches[this.head]?.offset;
  }

  push(offset: number, records: readonly StoredRecord<Topic>[], bytes: number): void {
    this.batches.push({ offset, records, bytes });
  }

  /** Forgets the oldest batch, if it ends at or before `durableEnd`. Answers its bytes, 0 if it stays. */
  shift(durableEnd: number): number {
    const oldest = this.batches[this.head];
    if (!oldest || oldest.offset + oldest.records.length > durableEnd) return 0;
    this.batches[this.head++] = FORGOTTEN;
    if (this.head > 1024 && this.head * 2 > this.batches.length) {
      this.batches = this.batches.slice(this.head);
      this.head = 0;
    }
    return oldest.bytes;
  }

  /** Records from `from`, which must be held, up to `end`, at most `maxRecords`. */
  read(from: number, end: number, maxRecords: number): StoredRecord<Topic>[] {
    const found: StoredRecord<Topic>[] = [];
    const stop = Math.min(end, from + maxRecords);
    for (let i = this.find(from); i < this.batches.length; i++) {
      const { offset, records } = this.batches[i] as TailBatch;
      if (offset >= stop) break;
      const first = Math.max(0, from - offset);
      const last = Math.min(records.length, stop - offset);
      for (let n = first; n < last; n++) found.push(records[n] as StoredRecord<Topic>);
    }
    return found;
  }

  private find(offset: number): number {
    let low = this.head;
    let high = this.batches.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.batches[middle] as TailBatch).offset <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
