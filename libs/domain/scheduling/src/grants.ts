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

/** Tokens in hand, and what the store of budgets said when it was asked. */
export interface BudgetGrants {
  tokens(key: string): TokensInHand | undefined;
  /** Whether the store is being asked for the path and has not answered. */
  isAsked(path: string): boolean;
  /** Until when the path has no need to ask, ms since the epoch; 0 if it may. */
  refusedUntil(path: string): number;
}

export interface TokensInHand {
  /** To be used now. */
  readonly count: number;
  /** What the store had left when it answered. */
  readonly left: number;
}

/** Tokens that deliveries of a path would be released with. */
export interface Want {
  readonly path: string;
  /** A token of each, or none. */
  readonly budgets: readonly NamedBudget[];
  /** 1 or more. */
  readonly count: number;
  readonly rank: WantRank;
}

/** The best of the deliveries that wait. */
export interface WantRank {
  readonly class: TrafficClass;
  /** 0 to 1; nothing is known of it yet. */
  readonly engagement: number;
  /** Waiting since, ms since the epoch. */
  readonly since: number;
}
