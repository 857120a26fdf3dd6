import type { HourCounts } from './hour-counts.ts';

/**
 * What one hour, tenant, provider and source added since the last write. Fields of their own, and not a bag: it is
 * added to several times a delivery.
 */
export class HourTally {
  attempts = 0;
  firstAttempts = 0;
  delivered = 0;
  bounced = 0;
  dropped = 0;
  outcomeUnknown = 0;
  deferredRemote = 0;
  deliveriesDeferred = 0;
  deferredHeld = 0;
  deliveriesHeld = 0;
  latencyMs = 0;
  recovered = 0;
  recoveredMs = 0;
  judged = 0;
  accepted = 0;
  invalid = 0;
  blocked = 0;
  refused = 0;
  putOff = 0;
  complained = 0;
  unseen = 0;
  /** Causes and reasons, by the name of their field. */
  private readonly named = new Map<string, number>();

  addNamed(field: string): void {
    this.named.set(field, (this.named.get(field) ?? 0) + 1);
  }

  /** Those that are not 0, as they are added to a row. */
  counts(): HourCounts {
    const { named, ...counted } = this;
    const counts: HourCounts = Object.fromEntries(named);
    for (const [field, count] of Object.entries(counted)) if (count !== 0) counts[field] = count;
    return counts;
  }
}
