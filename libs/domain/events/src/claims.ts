/** Who decides for a partition: the fold of its `partition_claimed` records. */
import type { Fact } from './facts.ts';

export interface ClaimState {
  /** Offset of the valid claim; what carries another epoch is void. */
  readonly epoch: number | undefined;
  /** Claim ids seen, oldest first: a repeated one is nothing. */
  readonly claimIds: readonly string[];
}

export const NO_CLAIM: ClaimState = { epoch: undefined, claimIds: [] };

/** Resent claims arrive within seconds; this many successors without one is beyond any resend. */
const REMEMBERED_CLAIMS = 256;

/** Folds one record of the partition at `offset`. */
export function foldClaim(before: ClaimState, record: Fact, offset: number): ClaimState {
  if (record.type !== 'partition_claimed') return before;
  const { claimId } = record.body;
  if (before.claimIds.includes(claimId)) return before;
  return { epoch: offset, claimIds: [...before.claimIds, claimId].slice(-REMEMBERED_CLAIMS) };
}
