import type { Envelope } from './envelope.ts';
import type { WarmupResults } from './warmups.ts';

/** The owner lives and keeps these claims. Read back by itself it may send, for a while; silence lets others take over. */
export type OwnerRenewed = Envelope<
  'owner_renewed',
  { readonly owner: string; readonly claims: readonly { readonly source: string; readonly claimId: string }[] }
>;

/** What came of a source's attempts within a while: what the controller judges its warm-up by. */
export type SourceObserved = Envelope<
  'source_observed',
  WarmupResults & {
    readonly source: string;
    readonly owner: string;
    /** When it begins, ms since the epoch; with the owner it names the report, so that a repeated one is nothing. */
    readonly from: number;
    readonly to: number;
  }
>;

/** Records of `mail.signals`. */
export type Signal = OwnerRenewed | SourceObserved;

export type SignalType = Signal['type'];
