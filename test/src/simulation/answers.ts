/** Whether every command comes back. */
import { type Attempt, deliveryFacts, type Fact } from '@penstock/events';
import type { SimulatedCluster } from '@penstock/simulation';

/** As long as the shipped policy waits for an outcome after `startBy`. */
const PATIENCE_MS = 10 * 60_000;

/**
 * A command that stands in the log is answered within ten minutes after its `startBy`, whoever died, stopped or stood
 * still: an owner answers it, or whoever takes its source over hands it back. The scheduler may have closed the
 * release before, since the simulation's policies wait for less.
 */
export class Answers {
  /** To the last moment for an answer, ms since the epoch. */
  private readonly awaited = new Map<string, number>();
  private readonly answered = new Set<string>();

  constructor(private readonly cluster: SimulatedCluster) {
    cluster.log.onAppend((topic, _partition, records) => {
      // Each topic holds its own records only.
      if (topic === 'mail.attempts') for (const { record } of records) this.command(record as Attempt);
      if (topic === 'mail.events') for (const { record } of records) this.fact(record as Fact);
    });
  }

  /** Commands without an answer. */
  get pending(): number {
    return this.awaited.size;
  }

  isCommanded(deliveryId: string, release: number): boolean {
    const key = keyOf(deliveryId, release);
    return this.answered.has(key) || this.awaited.has(key);
  }

  /** Throws for the first that has none. */
  checkAll(): void {
    for (const [key, until] of this.awaited) throw new Error(`command ${key} has no answer, which was due at ${until}`);
  }

  private command({ body: { deliveries, startBy } }: Attempt): void {
    for (const { deliveryId, release } of deliveries) {
      const key = keyOf(deliveryId, release);
      // It may come into the log late itself: from a dead process, or after appends that failed.
      const from = Math.max(startBy, this.cluster.simulation.now);
      if (!this.answered.has(key)) this.awaited.set(key, from + PATIENCE_MS);
    }
  }

  private fact(record: Fact): void {
    if (record.epoch !== undefined) return;
    for (const { deliveryId, fact } of deliveryFacts(record)) {
      const key = keyOf(deliveryId, fact.release);
      const until = this.awaited.get(key);
      this.awaited.delete(key);
      if (fact.release > 0) this.answered.add(key);
      const { simulation, clocks } = this.cluster;
      const late = simulation.now - clocks.mostOffMs - (until ?? Number.POSITIVE_INFINITY);
      if (late > 0) throw new Error(`${record.type} answers command ${key} ${late} ms too late`);
    }
  }
}

function keyOf(deliveryId: string, release: number): string {
  return `${deliveryId}/${release}`;
}
