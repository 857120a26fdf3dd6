import type { Topic } from '@penstock/events';
import { PartitionTail } from './partition-tail.ts';

/** One partition as this process knows it. */
export class LogPartition {
  readonly tail = new PartitionTail();
  private readonly waiting = new Set<() => void>();
  private end: number;

  constructor(
    readonly topic: Topic,
    readonly partition: number,
    readonly key: number,
    /** First offset held. */
    public begin: number,
    /** The offset the next record gets. */
    public next: number,
  ) {
    this.end = next;
  }

  /** Records before this offset are durable, and no other is shown to anybody. */
  get durableEnd(): number {
    return this.end;
  }

  get name(): string {
    return `${this.topic}-${this.partition}`;
  }

  /** Shows everything before `end`. */
  advance(end: number): void {
    if (end <= this.end) return;
    this.end = end;
    if (this.waiting.size === 0) return;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const wake of waiting) wake();
  }

  whenReadable(offset: number, wake: () => void): () => void {
    if (offset < this.end) {
      wake();
      return () => {};
    }
    this.waiting.add(wake);
    return () => this.waiting.delete(wake);
  }
}
