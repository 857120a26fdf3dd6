import type { Envelope } from './envelope.ts';
import type { WarmupResults } from './warmups.ts';

/** The owner lives and keeps these claims. Read back by itself it may send, for a while; silence lets others take over. */
export type OwnerRenewed = Envelope<
  'owner_renewed',
  { readonly owner: string; readonly claims: readonly { readonly source: string; readonly claimId: string }[] }
>;

/** What came of the attempts of one source in ten minutes, as far as it stands in one partition of `mail.events`. */
export interface SourceTally extends WarmupResults {
  readonly source: string;
  readonly eventsPartition: number;
  /** When the ten minutes began, ms since the epoch. */
  readonly from: number;
}

/**
 * What a scheduler has folded of the outcomes of sources in warm-up, or that may be: the controller judges days by it.
 * Of two tallies of the same source, partition and time the larger counts.
 */
export type SourceObserved = Envelope<
  'source_observed',
  { readonly owner: string; readonly tallies: readonly SourceTally[] }
>;

/** Records of `mail.signals`. */
export type Signal = OwnerRenewed | SourceObserved;

export type SignalType = Signal['type'];
