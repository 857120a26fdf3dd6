/** Tokens while a proposal is made: what is in hand, less what the proposal has used of it. */
import type { BudgetGrants } from './grants.ts';
import type { NamedBudget } from './path-budgets.ts';

/** What a proposal used of each budget. */
export class UsedTokens {
  readonly counts = new Map<string, number>();

  add(key: string): void {
    this.counts.set(key, this.of(key) + 1);
  }

  of(key: string): number {
    return this.counts.get(key) ?? 0;
  }
}

/** One path's view of them. */
export class PathTokens {
  constructor(
    readonly path: string,
    readonly budgets: readonly NamedBudget[],
    private readonly grants: BudgetGrants,
    private readonly used: UsedTokens,
  ) {}

  /** Deliveries that may still go. */
  get free(): number {
    let free = Number.POSITIVE_INFINITY;
    for (const { key } of this.budgets) {
      free = Math.min(free, (this.grants.tokens(key)?.count ?? 0) - this.used.of(key));
    }
    return free;
  }

  get isAsked(): boolean {
    return this.grants.isAsked(this.path);
  }

  /** ms since the epoch, 0 if the store may be asked. */
  get refusedUntil(): number {
    return this.grants.refusedUntil(this.path);
  }

  use(): void {
    for (const { key } of this.budgets) this.used.add(key);
  }

  /** For the record of the decision. */
  left(): readonly { readonly key: string; readonly left: number }[] {
    return this.budgets.map(({ key }) => ({ key, left: this.grants.tokens(key)?.left ?? 0 }));
  }
}
