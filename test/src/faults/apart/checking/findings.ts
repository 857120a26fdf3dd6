import type { Finding, Problem, ProblemKind } from './verdict.ts';

const EXAMPLES = 5;

interface Kept {
  count: number;
  readonly examples: string[];
}

/** Keeps every count and the first examples of each kind. */
export class Findings {
  private readonly kept: Readonly<Record<ProblemKind, Kept>> = {
    lost: nothing(),
    duplicated: nothing(),
    unseen: nothing(),
    early: nothing(),
    late: nothing(),
    over_limit: nothing(),
    silent: nothing(),
    second_terminal: nothing(),
    not_ended: nothing(),
    unproven: nothing(),
  };

  addAll(findings: Iterable<Finding>): void {
    for (const { kind, says } of findings) {
      const kept = this.kept[kind];
      kept.count += 1;
      if (kept.examples.length < EXAMPLES) kept.examples.push(says);
    }
  }

  get none(): boolean {
    return Object.values(this.kept).every(({ count }) => count === 0);
  }

  get problems(): Readonly<Record<ProblemKind, Problem>> {
    return this.kept;
  }
}

function nothing(): Kept {
  return { count: 0, examples: [] };
}
