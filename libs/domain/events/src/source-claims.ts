/** Who may send from a source: the fold of its `source_claimed` and `source_released` records. */
import type { SourceClaimed, SourceReleased } from './control.ts';

export interface SourceClaim {
  readonly owner: string;
  readonly claimId: string;
  /** Of `source_claimed`. */
  readonly offset: number;
}

export interface SourceClaims {
  /** Claimed and not released, oldest first: whoever comes later waits for all before it. */
  readonly open: readonly SourceClaim[];
  /** The last releases; `offset` is that of `source_released`. */
  readonly released: readonly SourceClaim[];
}

export const NO_SOURCE_CLAIMS: SourceClaims = { open: [], released: [] };

/** Repeats come within seconds; so many handovers do not. */
const REMEMBERED_RELEASES = 32;

/** A repeated claim is nothing, even after its release; nor is the release of what is not claimed anything. */
export function foldSourceClaim(
  before: SourceClaims,
  { type, body: { owner, claimId } }: SourceClaimed | SourceReleased,
  offset: number,
): SourceClaims {
  const { open, released } = before;
  const isThis = (claim: SourceClaim) => claim.claimId === claimId;
  const isOpen = open.some(isThis);
  const claim = { owner, claimId, offset };
  if (type === 'source_claimed') {
    return isOpen || released.some(isThis) ? before : { open: [...open, claim], released };
  }
  if (!isOpen) return before;
  return {
    open: open.filter((one) => !isThis(one)),
    released: [...released, claim].slice(-REMEMBERED_RELEASES),
  };
}
