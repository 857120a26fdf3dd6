import type { LifecycleState } from '@penstock/events';
import type { JsonValue, KeyedEntry } from '@penstock/ports';

/** Generations kept per partition, and deliveries in each: 20,000 in all. */
const GENERATIONS = 10;
const GENERATION_SIZE = 2_000;

interface Generation {
  readonly number: number;
  /** Delivery id → id of its terminal fact, followed by the late ones already counted. */
  readonly deliveries: Map<string, readonly string[]>;
}

/** What is to be stored and deleted since the last time it was asked. */
export interface EndedChange {
  readonly puts: readonly KeyedEntry[];
  readonly deletes: readonly string[];
}

/**
 * The deliveries of one partition that ended last, so that a late second `delivered` is counted, once, and a
 * repeated `processed` is known as one. Bounded by number, so that it depends on the log alone and not on the clock;
 * what ended longer ago is only in the archive.
 */
export class EndedDeliveries {
  private generations: Generation[] = [];
  private readonly changed = new Set<Generation>();
  private forgotten: string[] = [];

  constructor(private readonly partition: number) {}

  static prefix(partition: number): string {
    return `ended|${partition}|`;
  }

  restore(entries: readonly KeyedEntry[]): void {
    this.generations = entries.map(({ key, value }) => ({
      number: Number(key.slice(EndedDeliveries.prefix(this.partition).length)),
      deliveries: new Map((value as readonly (readonly string[])[]).map(([id = '', ...facts]) => [id, facts])),
    }));
  }

  add(deliveryId: string, terminalFactId: string): void {
    const newest = this.newest();
    newest.deliveries.set(deliveryId, [terminalFactId]);
    this.changed.add(newest);
  }

  /** As much of the state as tells a repeat of the terminal fact from a late one. */
  state(deliveryId: string): LifecycleState | undefined {
    const id = this.generationOf(deliveryId)?.deliveries.get(deliveryId)?.[0];
    if (id === undefined) return undefined;
    return { release: 0, attempts: 0, open: false, terminal: { type: 'delivered', id, release: 0 } };
  }

  /** Whether this late fact is seen for the first time; from now on it is not. */
  firstLate(deliveryId: string, factId: string): boolean {
    const generation = this.generationOf(deliveryId);
    const facts = generation?.deliveries.get(deliveryId);
    if (!generation || !facts || facts.includes(factId)) return false;
    generation.deliveries.set(deliveryId, [...facts, factId]);
    this.changed.add(generation);
    return true;
  }

  takeChange(): EndedChange {
    const puts = [...this.changed].map((generation) => ({ key: this.key(generation), value: rows(generation) }));
    const deletes = this.forgotten;
    this.changed.clear();
    this.forgotten = [];
    return { puts, deletes };
  }

  private newest(): Generation {
    const last = this.generations.at(-1);
    if (last && last.deliveries.size < GENERATION_SIZE) return last;
    const next: Generation = { number: (last?.number ?? 0) + 1, deliveries: new Map() };
    this.generations.push(next);
    if (this.generations.length > GENERATIONS) this.forget(this.generations.shift());
    return next;
  }

  private forget(generation: Generation | undefined): void {
    if (!generation) return;
    this.changed.delete(generation);
    this.forgotten.push(this.key(generation));
  }

  private generationOf(deliveryId: string): Generation | undefined {
    for (let at = this.generations.length - 1; at >= 0; at--) {
      const generation = this.generations[at];
      if (generation?.deliveries.has(deliveryId)) return generation;
    }
    return undefined;
  }

  private key(generation: Generation): string {
    return `${EndedDeliveries.prefix(this.partition)}${String(generation.number).padStart(10, '0')}`;
  }
}

function rows(generation: Generation): JsonValue {
  return [...generation.deliveries].map(([deliveryId, facts]) => [deliveryId, ...facts]);
}
