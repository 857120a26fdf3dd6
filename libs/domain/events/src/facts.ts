import type { Envelope } from './envelope.ts';
import type { AttemptOutcome, Decision, HoldReason, SmtpReply } from './outcome.ts';
import type { SuppressionReason } from './suppressions.ts';
import type { TrafficClass } from './topics.ts';

export type Protocol = 'http' | 'smtp';

/** Where the bytes of a delivery lie; references are opaque outside the content store. */
export interface DeliveryContent {
  /** The message body shared by every recipient of the submission. */
  readonly body: string;
  /** Envelope and header lines of this one recipient: a blob, or a place in one of many recipients. */
  readonly recipient: string;
}

/** Ingest took responsibility for a submission of several recipients; it is expanded into `processed` facts. */
export type Received = Envelope<
  'received',
  {
    /** Content reference of the manifest, which names the blobs of the recipients. */
    readonly manifest: string;
    /** Content reference of the shared body. */
    readonly body: string;
    readonly recipients: number;
    /** Partition count of `mail.events` it was accepted under: the delivery ids depend on it. */
    readonly partitionCount: number;
    readonly class: TrafficClass;
    readonly pool: string;
    readonly acceptedAt: number;
    readonly protocol: Protocol;
    readonly size: number;
    readonly categories?: readonly string[];
    /** As in `processed`. */
    readonly bypass?: readonly SuppressionReason[];
    /** Of all with the same key within 24 hours only the first in the log is expanded. */
    readonly idempotency?: Idempotency;
  }
>;

/** What the client's `Idempotency-Key` became. */
export interface Idempotency {
  /** Hash of tenant and key; chooses the partition. */
  readonly key: string;
  /** Hash of the request body: with another one under the same key nothing is accepted. */
  readonly digest: string;
}

/** A delivery exists. The first fact of every delivery. */
export type Processed = Envelope<
  'processed',
  {
    readonly content: DeliveryContent;
    /** Position among the recipients of the message, from 0. */
    readonly index: number;
    /** Recipient's domain, lower case, A-labels. */
    readonly domain: string;
    /** Keyed hash of the recipient's address. */
    readonly recipientHash: string;
    readonly class: TrafficClass;
    readonly pool: string;
    readonly acceptedAt: number;
    /** Not before this time, ms since the epoch; `max_age` counts from here. */
    readonly sendAt: number;
    /** Bytes of the rendered message, rounded up. */
    readonly size: number;
    readonly protocol: Protocol;
    /** Written by expanding a `received`, so it may be repeated long after. */
    readonly expanded: boolean;
    readonly categories?: readonly string[];
    /** Sent although the recipient may be suppressed for one of these reasons: the sender asked for it. */
    readonly bypass?: readonly SuppressionReason[];
  }
>;

/** A scheduler took the partition; this record's offset is its epoch. */
export type PartitionClaimed = Envelope<
  'partition_claimed',
  {
    /** Unique per claim: a repeated claim id is nothing. */
    readonly claimId: string;
    readonly owner: string;
  }
>;

export interface ReleasedDelivery {
  readonly deliveryId: string;
  readonly release: number;
  /** Attempts made so far, this one included. */
  readonly attempt: number;
  /** If this attempt is deferred by the receiver: wait this long, ms, jitter included. */
  readonly retryMs: number;
  readonly mayDuplicate?: boolean;
  /** W3C trace context of the acceptance, only where that is sampled. */
  readonly traceparent?: string;
}

/** Deliveries leave their lane for a source. Commands follow when its writer reads it back. */
export type Released = Envelope<
  'released',
  {
    readonly source: string;
    readonly site: string;
    readonly provider?: string;
    /** What limits attach to: `source|provider:p` or `source|site:s`. */
    readonly path: string;
    readonly pool: string;
    readonly class: TrafficClass;
    readonly deliveries: readonly ReleasedDelivery[];
    /** Not started by this time: handed back. */
    readonly startBy: number;
    /** After `outcome_unknown`: wait this long, ms, before trying again. */
    readonly unknownRetryMs: number;
    readonly decision: Decision;
    readonly policyVersion: string;
    /** End of `mail.control` as the decision knew it. */
    readonly controlOffset: number;
    /** The source was in warm-up when this was decided: what comes of it counts for nobody's reputation. */
    readonly warming?: true;
  }
>;

/** Waiting for us. Costs no attempt. */
export interface HeldDeferral {
  readonly cause: 'held';
  readonly reasons: readonly HoldReason[];
  /** What users read: `Email was deferred due to the following reason(s): […]`. */
  readonly text: string;
  /** ms since the epoch */
  readonly heldSince: number;
  readonly until?: number;
}

/** The receiver said not now, or could not be reached. Costs one attempt. */
export interface RemoteDeferral extends AttemptOutcome {
  readonly cause: 'remote';
  /** The reply's own hint or the verdict's least wait, ms, already within the policy's bounds. */
  readonly retryAfterMs?: number;
  /** First NXDOMAIN answer for the domain, ms since the epoch: the second one, an interval later, bounces. */
  readonly nxdomainSince?: number;
}

/** Not now: held by us, or refused for the moment by the receiver. Tried again until `max_age` is over. */
export type Deferred = Envelope<'deferred', HeldDeferral | RemoteDeferral>;

/** The receiver took responsibility: it answered the final dot with 2xx. */
export type Delivered = Envelope<'delivered', AttemptOutcome>;

/** Refused for good (5xx), or undeliverable for a reason that waiting does not change. */
export type Bounced = Envelope<
  'bounced',
  AttemptOutcome & {
    /** Content reference of the recipient, as in `processed`: whoever suppresses the address finds it there. */
    readonly recipient?: string;
  }
>;

/** The connection died after the final dot; written by the scheduler (cause `no_outcome`) when nothing came back. */
export type OutcomeUnknown = Envelope<
  'outcome_unknown',
  { readonly cause: 'connection_lost' | 'no_outcome' } & Partial<AttemptOutcome> & { readonly attempt: number }
>;

export type HandBackCause =
  /** `startBy` passed before a connection was free. */
  | 'not_started'
  /** The path was suspended, or its connection ended before this command's turn. */
  | 'path_suspended'
  | 'connection_ended'
  /** Its owner's predecessor may have sent it. */
  | 'in_doubt'
  /** The service is stopping. */
  | 'shutdown';

/** Never started, or in doubt after a takeover; returns to its lane, costs no attempt. */
export type HandedBack = Envelope<
  'handed_back',
  {
    readonly cause: HandBackCause;
    readonly source: string;
    readonly attempt: number;
    /** Not again before this time, ms since the epoch. */
    readonly until?: number;
  }
>;

export type DropCause = 'expired' | 'outcome_unknown' | 'suppressed' | 'cancelled';

/** Never attempted again. Of cause `suppressed` ingest may have written it, right behind `processed`. */
export type Dropped = Envelope<
  'dropped',
  {
    readonly cause: DropCause;
    readonly attempts: number;
    /** How much of its life it waited for us, ms. */
    readonly heldMs: number;
    /** How much for the receiver, ms. */
    readonly remoteMs: number;
    readonly lastReply?: SmtpReply;
    readonly lastVerdict?: string;
    readonly lastHold?: readonly HoldReason[];
    /** Of cause `suppressed`: why the address was. */
    readonly suppression?: SuppressionReason;
  }
>;

/** Records of `mail.events`. */
export type Fact =
  | Processed
  | PartitionClaimed
  | Released
  | Deferred
  | Delivered
  | Bounced
  | OutcomeUnknown
  | HandedBack
  | Dropped;

export type FactType = Fact['type'];
