const BYTES = 16;
const POSITION_BITS = 32n;
const POSITION_MASK = (1n << POSITION_BITS) - 1n;

export interface SegmentPlace {
  readonly segment: number;
  readonly position: number;
}

/**
 * How far the segments are durable, in memory that two threads share: the writing one tells with one store, and sends
 * a message only to a reader that has read all there was and asked to be told.
 */
export class DurableEnd {
  private readonly end: BigUint64Array;
  private readonly asked: Int32Array;

  constructor(readonly shared = new SharedArrayBuffer(BYTES)) {
    this.end = new BigUint64Array(shared, 0, 1);
    this.asked = new Int32Array(shared, 8, 1);
  }

  /** Answers whether the reader waits to be told. */
  advance(segment: number, position: number): boolean {
    Atomics.store(this.end, 0, (BigInt(segment) << POSITION_BITS) | BigInt(position));
    return Atomics.exchange(this.asked, 0, 0) === 1;
  }

  get(): SegmentPlace {
    const packed = Atomics.load(this.end, 0);
    return { segment: Number(packed >> POSITION_BITS), position: Number(packed & POSITION_MASK) };
  }

  /** Asks to be told of what becomes durable after this. Whoever asked looks once more before it rests. */
  ask(): void {
    Atomics.store(this.asked, 0, 1);
  }

  /** Answers whether the question still stood. */
  withdraw(): boolean {
    return Atomics.exchange(this.asked, 0, 0) === 1;
  }
}
