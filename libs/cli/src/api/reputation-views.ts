/** What the query API answers about reputations and deferrals, as far as the command line shows it. */

export interface RatedView {
  /** Null where there are too few outcomes. */
  readonly score: number | null;
  readonly grade: string;
  readonly outcomes: number;
  readonly rates: Readonly<Record<'complaints' | 'bounces' | 'blocks' | 'deferrals', number>>;
}

export interface ReputationsView {
  readonly windowHours: number;
  readonly minOutcomes: number;
  readonly reputations: readonly (RatedView & {
    readonly subject: 'tenant' | 'source';
    readonly name: string;
    readonly providers: readonly ({ readonly provider: string } & RatedView)[];
    readonly published?: { readonly score: number | null; readonly at: number };
  })[];
  readonly truncated: boolean;
}

export interface DeferralFigures {
  readonly counts: Readonly<Record<string, number>>;
  readonly rates: Readonly<Record<string, number | null>>;
  readonly causes: Readonly<Record<string, number>>;
  readonly heldBy: Readonly<Record<string, number>>;
}

export interface DeferralTimeline {
  readonly from: number;
  readonly to: number;
  readonly by: readonly string[];
  readonly totals: DeferralFigures;
  readonly rows: readonly (DeferralFigures & {
    readonly hour?: number;
    readonly provider?: string;
    readonly source?: string;
  })[];
  readonly truncated: boolean;
}
