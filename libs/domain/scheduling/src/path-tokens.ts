/** Tokens while a proposal is made: what is in hand, less what the proposal has used of it. */
import type { BudgetGrants, WantRank } from './grants.ts';
import type { TokenLine } from './token-lines.ts';

/** What a proposal used, by line. */
export class UsedTokens {
  readonly counts = new Map<string, number>();

  add(line: string): void {
    this.counts.set(line, this.of(line) + 1);
  }

  of(line: string): number {
    return this.counts.get(line) ?? 0;
  }
}

/** One line's view of them. */
export class LineTokens {
  constructor(
    readonly line: TokenLine,
    private readonly grants: BudgetGrants,
    private readonly used: UsedTokens,
  ) {}

  /** Deliveries that may still go. */
  get free(): number {
    return (this.grants.tokens(this.line.name)?.count ?? 0) - this.used.of(this.line.name);
  }

  /** The line or a budget of it is being asked for. */
  get isAsked(): boolean {
    return this.grants.isAsked(this.line.name) || this.line.budgets.some(({ key }) => this.grants.isAsked(key));
  }

  /** ms since the epoch, 0 if the store may be asked for mail of that rank. */
  refusedUntil(rank?: WantRank): number {
    return this.grants.refusedUntil(this.line, rank);
  }

  use(): void {
    this.used.add(this.line.name);
  }

  /** For the record of the decision. */
  left(): readonly { readonly key: string; readonly left: number }[] {
    return this.grants.tokens(this.line.name)?.left ?? this.line.budgets.map(({ key }) => ({ key, left: 0 }));
  }
}
