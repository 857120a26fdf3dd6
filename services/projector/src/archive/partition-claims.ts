import { type ClaimState, foldClaim, NO_CLAIM } from '@penstock/events';
import type { Archive } from '@penstock/ports';
import { type ArchivedFact, claimsStream } from './archive-entries.ts';

const PAGE = 500;

interface Known {
  claim: ClaimState;
  revision: number;
  /** Offsets of the valid claims, ascending. */
  readonly epochs: number[];
}

/** Who decided for a partition at which place: the claims as archived, read on as they come. */
export class PartitionClaims {
  private readonly partitions = new Map<number, Known>();

  constructor(private readonly archive: Archive) {}

  /** Call after the facts to be judged are read: a claim before them is archived no later than they are. */
  async refresh(partition: number): Promise<void> {
    const known = this.known(partition);
    for (;;) {
      const events = await this.archive.read(claimsStream(partition), known.revision, PAGE);
      for (const { revision, data } of events) {
        // Another reader may have gone on while this one waited for its page.
        if (revision < known.revision) continue;
        known.revision = revision + 1;
        this.fold(known, data as ArchivedFact);
      }
      if (events.length < PAGE) return;
    }
  }

  /** The valid epoch where a fact stands in the partition. */
  epochAt(partition: number, offset: number): number | undefined {
    return this.known(partition).epochs.findLast((epoch) => epoch < offset);
  }

  private fold(known: Known, claim: ArchivedFact): void {
    const after = foldClaim(known.claim, claim, claim.offset);
    if (after !== known.claim) known.epochs.push(claim.offset);
    known.claim = after;
  }

  private known(partition: number): Known {
    const known = this.partitions.get(partition);
    if (known) return known;
    const fresh: Known = { claim: NO_CLAIM, revision: 0, epochs: [] };
    this.partitions.set(partition, fresh);
    return fresh;
  }
}
