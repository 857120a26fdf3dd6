import type { SendingDomain } from '@penstock/directory';

/** Deliveries whose signatures are kept, about a kilobyte each. */
const MOST = 4096;

interface Kept {
  /** As it was registered: other keys make another signature. */
  readonly registered: SendingDomain;
  readonly signature: Uint8Array;
}

/**
 * The signatures made lately, for those that are tried again soon; later ones are made anew and are the same. Two
 * generations, of which the older one is dropped whole.
 */
export class RecentSignatures {
  private young = new Map<string, Kept>();
  private old = new Map<string, Kept>();

  get(deliveryId: string, registered: SendingDomain): Uint8Array | undefined {
    const kept = this.young.get(deliveryId) ?? this.old.get(deliveryId);
    return kept?.registered === registered ? kept.signature : undefined;
  }

  keep(deliveryId: string, registered: SendingDomain, signature: Uint8Array): void {
    if (this.young.size * 2 >= MOST) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(deliveryId, { registered, signature });
  }
}
