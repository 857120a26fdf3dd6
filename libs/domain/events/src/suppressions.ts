import type { Envelope } from './envelope.ts';
import { derivedId } from './ids.ts';

/**
 * Why an address gets no more mail of a tenant: a receiver said that it does not exist (`bounce`, and `invalid` where
 * its domain takes no mail at all), its reader complained or unsubscribed, or somebody decided it.
 */
export type SuppressionReason = 'bounce' | 'complaint' | 'unsubscribe' | 'invalid' | 'manual';

export const SUPPRESSION_REASONS: readonly SuppressionReason[] = [
  'bounce',
  'complaint',
  'unsubscribe',
  'invalid',
  'manual',
];

/** The fact that an address was suppressed for by itself. */
export interface SuppressionEvidence {
  readonly deliveryId: string;
  /** When the receiver said it, ms since the epoch. */
  readonly at: number;
  /** Cause of the verdict. */
  readonly cause: string;
}

/**
 * The tenant sends nothing to the address any more. The latest record about a tenant's recipient counts: all of them
 * have the same id, by which the topic is compacted. One with evidence from before the latest removal is nothing.
 */
export type SuppressionAdded = Envelope<
  'suppression_added',
  {
    readonly tenant: string;
    /** Keyed hash of the address, as in `processed`. */
    readonly recipientHash: string;
    /** Recipient's domain, lower case, A-labels. */
    readonly domain: string;
    /** The address, sealed under `PENSTOCK_SECRET_KEY`; base64. */
    readonly sealedAddress: string;
    readonly reason: SuppressionReason;
    /** Over at this time, ms since the epoch; never where absent. */
    readonly expiresAt?: number;
    readonly evidence?: SuppressionEvidence;
  }
>;

/** The tenant may send to the address again. */
export type SuppressionRemoved = Envelope<
  'suppression_removed',
  { readonly tenant: string; readonly recipientHash: string }
>;

/** The same for all records about a tenant's recipient: the topic keeps the latest of them. */
export function suppressionId(tenant: string, recipientHash: string): string {
  return derivedId('suppression', tenant, recipientHash);
}
