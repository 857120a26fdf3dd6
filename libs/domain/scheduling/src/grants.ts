/** What the outside grants to a decision, and what the decision wants of it. */
import type { SuppressionReason, TrafficClass } from '@penstock/events';
import type { NamedBudget } from './path-budgets.ts';

export interface SiteInfo {
  /** Site of the domain; the domain itself while its MX is not known. */
  readonly site: string;
  readonly provider?: string | undefined;
}

export interface Grants {
  /** Domain → site. A domain that is missing is being looked up: its lane waits for the answer. */
  readonly sites: Pick<ReadonlyMap<string, SiteInfo>, 'get'>;
  readonly budgets: BudgetGrants;
  /** Whom nothing is released for; nobody where it is absent. */
  readonly suppressions?: SuppressionGrants | undefined;
}

/** Why the tenant's recipient gets no mail, or undefined; what is bypassed does not count. */
export interface SuppressionGrants {
  reasonFor(
    recipient: {
      readonly tenant: string;
      readonly recipientHash: string;
      readonly bypass?: readonly SuppressionReason[] | undefined;
    },
    nowMs: number,
  ): SuppressionReason | undefined;
}

/**
 * Tokens in hand, and what the store of budgets said when it was asked. A line is a set of budgets that releases need a
 * token of each of; it is named by their keys.
 */
export interface BudgetGrants {
  tokens(line: string): TokensInHand | undefined;
  /** Whether the store is being asked for a line or a budget, and has not answered. */
  isAsked(lineOrKey: string): boolean;
  /** Until when nobody of that rank has a need to ask for the line, ms since the epoch; 0 if one may. */
  refusedUntil(line: TokenLineName, rank?: WantRank): number;
}

export interface TokenLineName {
  readonly name: string;
  readonly budgets: readonly NamedBudget[];
}

export interface TokensInHand {
  /** To be used now. */
  readonly count: number;
  /** What the store had left of each budget when it answered. */
  readonly left: readonly { readonly key: string; readonly left: number }[];
}

/** Tokens that deliveries would be released with. */
export interface Want {
  readonly line: string;
  /** A token of each, or none. */
  readonly budgets: readonly NamedBudget[];
  /** 1 or more. */
  readonly count: number;
  readonly rank: WantRank;
}

/** The best of the deliveries that wait. */
export interface WantRank {
  readonly class: TrafficClass;
  /** 0 to 1; 0 where nothing is known of it. */
  readonly engagement: number;
  /** Waiting since, ms since the epoch. */
  readonly since: number;
}
