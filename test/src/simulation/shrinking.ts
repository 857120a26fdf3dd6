/** A failing run made smaller: fewer faults, fewer messages, less time for faults, as long as it fails the same way. */
import type { Fault } from '@penstock/simulation';
import { messageOf, runCase, type SeedCase } from './seed-case.ts';

export interface ShrunkSeed {
  readonly smallest: SeedCase;
  /** What it says. */
  readonly found: string;
  readonly steps: number;
  readonly runs: number;
}

/** A run takes a second or less: so many are waited for. */
const MOST_RUNS = 80;
const LEAST_TROUBLE_MS = 1_000;

/** Undefined if the case does not fail. Shrinks the same way whenever it is asked. */
export async function shrink(one: SeedCase, mostRuns = MOST_RUNS): Promise<ShrunkSeed | undefined> {
  const first = await runCase(one);
  if (!first.failure) return undefined;
  const faults = Object.fromEntries(first.rates);
  const search = new Search({ ...one, faults }, messageOf(first.failure.error), first.steps, mostRuns);
  await search.run();
  const { smallest, found, steps, runs } = search;
  return { smallest, found, steps, runs };
}

class Search {
  runs = 1;
  private readonly kind: string;

  constructor(
    public smallest: SeedCase,
    public found: string,
    public steps: number,
    private readonly mostRuns: number,
  ) {
    this.kind = kindOf(found);
  }

  async run(): Promise<void> {
    // What one part no longer needs, another may not need then either.
    for (let before: SeedCase | undefined; before !== this.smallest && this.runs < this.mostRuns; ) {
      before = this.smallest;
      await this.dropFaults();
      await this.dropMessages();
      await this.endTroubleSooner();
    }
  }

  /** Halves first, then ever smaller parts, as delta debugging does. */
  private async dropFaults(): Promise<void> {
    const names = () => Object.keys(this.smallest.faults ?? {}) as Fault[];
    for (let size = names().length; size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0) {
      for (let first = 0; first < names().length; ) {
        const dropped = new Set<string>(names().slice(first, first + size));
        const left = Object.entries(this.smallest.faults ?? {}).filter(([fault]) => !dropped.has(fault));
        if (!(await this.try({ faults: Object.fromEntries(left) }))) first += size;
      }
    }
  }

  private async dropMessages(): Promise<void> {
    for (let cut = this.smallest.messages >> 1; cut >= 1; ) {
      const messages = this.smallest.messages - cut;
      if (messages < 1 || !(await this.try({ messages }))) cut >>= 1;
    }
  }

  private async endTroubleSooner(): Promise<void> {
    for (let ms = (this.smallest.troubleMs ?? LONGEST_TROUBLE_MS) >> 1; ms >= LEAST_TROUBLE_MS; ms >>= 1) {
      if (!(await this.try({ troubleMs: ms }))) return;
    }
  }

  private async try(change: Partial<SeedCase>): Promise<boolean> {
    if (this.runs >= this.mostRuns) return false;
    this.runs += 1;
    const candidate = { ...this.smallest, ...change };
    const { failure, steps } = await runCase(candidate);
    if (!failure || kindOf(messageOf(failure.error)) !== this.kind) return false;
    this.smallest = candidate;
    this.found = messageOf(failure.error);
    this.steps = steps;
    return true;
  }
}

const LONGEST_TROUBLE_MS = 180_000;

/** The first line, without what names this one delivery or moment. */
export function kindOf(message: string): string {
  const [line = ''] = message.split('\n');
  return line
    .replace(/[\w-]{16,}(\.\d+\.\d+)?/g, '…')
    .replace(/\S+@\S+/g, '…')
    .replace(/\d+/g, '0');
}
