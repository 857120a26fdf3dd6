import type { Envelope } from './envelope.ts';
import type { DeliveryContent } from './facts.ts';
import type { TrafficClass } from './topics.ts';

/** One delivery of an attempt. */
export interface AttemptDelivery {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly tenant: string;
  readonly release: number;
  readonly attempt: number;
  readonly content: DeliveryContent;
  /** Bytes of the rendered message, rounded up. */
  readonly size: number;
  readonly mayDuplicate?: boolean;
  readonly nxdomainSince?: number;
  /** Another source may take it: a receiver that blocks this one's address defers it instead of ending it. */
  readonly mayMove?: boolean;
  readonly traceparent?: string;
}

/**
 * Try this transaction now. One entry in `deliveries` where bytes or return path differ per recipient, several
 * where they are equal; outcomes are one fact per delivery either way. The envelope's `partition` is where the
 * outcomes go.
 */
export type Attempt = Envelope<
  'attempt',
  {
    readonly source: string;
    readonly site: string;
    readonly provider?: string;
    readonly path: string;
    /** Recipient domain whose MX hosts are walked. */
    readonly domain: string;
    readonly pool: string;
    readonly class: TrafficClass;
    readonly startBy: number;
    /** End of `max_age`: no attempt starts after it. */
    readonly expiresAt: number;
    readonly deliveries: readonly AttemptDelivery[];
  }
>;
