/** Faults and marks, counted over many seeds. */
import { FAULTS } from '@penstock/simulation';
import { SOMETIMES } from './marks.ts';

/** Fewer seeds need not have met everything. */
export const ENOUGH_SEEDS = 100;

export type Counts = Readonly<Record<string, number>>;

interface Tally {
  times: number;
  seeds: number;
}

export class Coverage {
  private seeds = 0;
  private readonly faults = new Map<string, Tally>(FAULTS.map((fault) => [fault, { times: 0, seeds: 0 }]));
  private readonly marks = new Map<string, Tally>(SOMETIMES.map((mark) => [mark, { times: 0, seeds: 0 }]));

  /** One seed: what befell it, and what came of that. */
  add(fired: Counts, seen: Counts): void {
    this.seeds += 1;
    tally(this.faults, fired);
    tally(this.marks, seen);
  }

  get isEnough(): boolean {
    return this.seeds >= ENOUGH_SEEDS;
  }

  /** Faults and marks that no seed has met. */
  missed(): readonly string[] {
    return [...this.faults, ...this.marks].filter(([, { seeds }]) => seeds === 0).map(([name]) => name);
  }

  /** For people: how often, and under how many seeds. */
  toString(): string {
    const lines = [`over ${this.seeds} seeds${' '.repeat(38)}times  seeds`];
    for (const [name, { times, seeds }] of [...this.faults, ...this.marks]) {
      lines.push(`  ${name.padEnd(46)} ${String(times).padStart(8)} ${String(seeds).padStart(6)}`);
    }
    return lines.join('\n');
  }
}

function tally(tallies: ReadonlyMap<string, Tally>, counts: Counts): void {
  for (const [name, times] of Object.entries(counts)) {
    const known = tallies.get(name);
    if (!known) continue;
    known.times += times;
    known.seeds += 1;
  }
}
