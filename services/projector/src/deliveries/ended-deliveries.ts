import type { LifecycleState } from '@penstock/events';
import type { JsonValue, KeyedEntry } from '@penstock/ports';

/** Generations kept per partition, and deliveries in each: 20,000 in all. */
const GENERATIONS = 10;
const GENERATION_SIZE = 2_000;

interface Ended {
  /** Of its terminal fact, followed by the late ones already counted. */
  factIds: readonly string[];
  readonly generation: number;
}

interface Generation {
  readonly number: number;
  readonly deliveryIds: string[];
}

/** What is to be stored and deleted since the last time it was asked. */
export interface EndedChange {
  readonly puts: readonly KeyedEntry[];
  readonly deletes: readonly string[];
}

/**
 * The deliveries of one partition that ended last, so that a late second `delivered` is counted, once, and a
 * repeated `processed` is known as one. Bounded by number, so that it depends on the log alone and not on the clock;
 * what ended longer ago is only in the archive. Stored and forgotten in generations, one row each.
 */
export class EndedDeliveries {
  private readonly deliveries = new Map<string, Ended>();
  private generations: Generation[] = [];
  private readonly changed = new Set<number>();
  private forgotten: string[] = [];

  constructor(private readonly partition: number) {}

  static prefix(partition: number): string {
    return `ended|${partition}|`;
  }

  restore(entries: readonly KeyedEntry[]): void {
    for (const { key, value } of entries) {
      const number = Number(key.slice(EndedDeliveries.prefix(this.partition).length));
      const generation: Generation = { number, deliveryIds: [] };
      for (const [deliveryId = '', ...factIds] of value as readonly (readonly string[])[]) {
        generation.deliveryIds.push(deliveryId);
        this.deliveries.set(deliveryId, { factIds, generation: number });
      }
      this.generations.push(generation);
    }
  }

  add(deliveryId: string, terminalFactId: string): void {
    const { number, deliveryIds } = this.newest();
    deliveryIds.push(deliveryId);
    this.deliveries.set(deliveryId, { factIds: [terminalFactId], generation: number });
    this.changed.add(number);
  }

  /** As much of the state as tells a repeat of the terminal fact from a late one. */
  state(deliveryId: string): LifecycleState | undefined {
    const id = this.deliveries.get(deliveryId)?.factIds[0];
    if (id === undefined) return undefined;
    return { release: 0, attempts: 0, open: false, terminal: { type: 'delivered', id, release: 0 } };
  }

  /** Whether this late fact is seen for the first time; from now on it is not. */
  firstLate(deliveryId: string, factId: string): boolean {
    const ended = this.deliveries.get(deliveryId);
    if (!ended || ended.factIds.includes(factId)) return false;
    ended.factIds = [...ended.factIds, factId];
    this.changed.add(ended.generation);
    return true;
  }

  takeChange(): EndedChange {
    const generations = this.generations.filter(({ number }) => this.changed.has(number));
    const puts = generations.map((generation) => ({ key: this.key(generation), value: this.rows(generation) }));
    const deletes = this.forgotten;
    this.changed.clear();
    this.forgotten = [];
    return { puts, deletes };
  }

  private newest(): Generation {
    const last = this.generations.at(-1);
    if (last && last.deliveryIds.length < GENERATION_SIZE) return last;
    const next: Generation = { number: (last?.number ?? 0) + 1, deliveryIds: [] };
    this.generations.push(next);
    if (this.generations.length > GENERATIONS) this.forget(this.generations.shift());
    return next;
  }

  private forget(generation: Generation | undefined): void {
    if (!generation) return;
    for (const deliveryId of generation.deliveryIds) this.deliveries.delete(deliveryId);
    this.forgotten.push(this.key(generation));
  }

  private rows({ deliveryIds }: Generation): JsonValue {
    return deliveryIds.map((deliveryId) => [deliveryId, ...(this.deliveries.get(deliveryId)?.factIds ?? [])]);
  }

  private key(generation: Generation): string {
    return `${EndedDeliveries.prefix(this.partition)}${String(generation.number).padStart(10, '0')}`;
  }
}
