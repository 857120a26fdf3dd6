/** One pending delivery as its partition's fold knows it. */
import type {
  DeliveryContent,
  HoldReason,
  LifecycleState,
  OutcomeUnknown,
  Processed,
  Scope,
  SmtpReply,
  SuppressionReason,
  TrafficClass,
} from '@penstock/events';
import { type HeapNode, heapNode } from './heap.ts';
import type { Lane } from './lane.ts';
import type { PathLoad } from './path-load.ts';

/** What `processed` said and nothing changes. */
export interface AcceptedDelivery {
  readonly id: string;
  readonly messageId: string;
  readonly tenant: string;
  readonly content: DeliveryContent;
  /** Position among the recipients of the message. */
  readonly index: number;
  readonly domain: string;
  /** Absent in rows of earlier releases: such mail is not held against suppressions again. */
  readonly recipientHash?: string;
  bypass?: readonly SuppressionReason[];
  readonly class: TrafficClass;
  readonly pool: string;
  readonly acceptedAt: number;
  readonly sendAt: number;
  readonly size: number;
  /** Written by expanding a `received`: may be repeated long after. */
  readonly expanded: boolean;
  traceparent?: string;
  /** Of its `processed`; unique in the partition, and the order among equals everywhere. */
  readonly offset: number;
}

/** The attempt that waits for its outcome. Times in ms since the epoch. */
export interface OpenAttempt {
  readonly source: string;
  readonly site: string;
  provider?: string;
  readonly path: string;
  readonly startBy: number;
  readonly releasedAt: number;
  readonly attempt: number;
  /** Wait after a remote deferral that names none, ms. */
  readonly retryMs: number;
  readonly unknownRetryMs: number;
  mayDuplicate?: boolean;
  /** The source was in warm-up. */
  warming?: boolean;
}

/** The last held `deferred` that was written. */
export interface Notice {
  readonly at: number;
  readonly reasons: readonly HoldReason[];
}

/** What changes, and what a checkpoint keeps. */
export interface DeliveryProgress {
  life: LifecycleState;
  /** Not again before this time. */
  dueAt: number;
  /** Since when it waits for us, or will. */
  heldSince: number;
  /** From here on the two clocks are not yet added up; what lies before `remoteUntil` waits for the receiver. */
  countedUntil: number;
  remoteUntil: number;
  heldMs: number;
  remoteMs: number;
  /** Attempts that got as far as the final dot and whose outcome nobody knows. */
  unknowns: number;
  /** Cause of the last closing fact if it was `outcome_unknown`. */
  unknownCause: OutcomeUnknown['body']['cause'] | undefined;
  /** An earlier outcome is unknown or in doubt. */
  mayDuplicate: boolean;
  nxdomainSince: number | undefined;
  lastSource: string | undefined;
  lastSite: string | undefined;
  lastProvider: string | undefined;
  lastVerdict: string | undefined;
  lastReply: SmtpReply | undefined;
  /** What the last remote deferral was evidence about. */
  lastScope: Scope | undefined;
  /** It went to another source because the last one was blocked. */
  moved: boolean;
  /** It was tried on a source in warm-up, greylisting apart. */
  triedWarming: boolean;
  open: OpenAttempt | undefined;
  notice: Notice | undefined;
  /** Held notices written within the present release. */
  notices: number;
}

export class Delivery implements DeliveryProgress {
  readonly lane: Lane;
  life: LifecycleState = NEW;
  dueAt: number;
  heldSince: number;
  countedUntil: number;
  remoteUntil: number;
  heldMs = 0;
  remoteMs = 0;
  unknowns = 0;
  unknownCause: DeliveryProgress['unknownCause'] = undefined;
  mayDuplicate = false;
  nxdomainSince: number | undefined = undefined;
  lastSource: string | undefined = undefined;
  lastSite: string | undefined = undefined;
  lastProvider: string | undefined = undefined;
  lastVerdict: string | undefined = undefined;
  lastReply: SmtpReply | undefined = undefined;
  lastScope: Scope | undefined = undefined;
  moved = false;
  triedWarming = false;
  open: OpenAttempt | undefined = undefined;
  notice: Notice | undefined = undefined;
  notices = 0;

  /** Place in its lane, by due time; only while it waits. */
  readonly waitNode: HeapNode<Delivery>;
  /** Place among the lane's deliveries that may need a notice; only while it waits. */
  readonly noticeNode: HeapNode<Delivery>;
  /** Place among the ends of `max_age` while it waits, among the `startBy` while an attempt is open. */
  readonly clockNode: HeapNode<Delivery>;
  /** The load its open attempt counts in. */
  load: PathLoad | undefined = undefined;
  /** Changed since the last checkpoint took its rows. */
  dirty = false;
  /** A checkpoint may hold a row of it. */
  stored = false;
  /** It had its terminal fact. */
  gone = false;

  constructor(
    readonly accepted: AcceptedDelivery,
    lane: Lane,
    dueAt: number,
  ) {
    const { acceptedAt, sendAt, offset } = accepted;
    this.lane = lane;
    this.dueAt = dueAt;
    this.heldSince = Math.max(acceptedAt, sendAt);
    this.countedUntil = this.heldSince;
    this.remoteUntil = this.heldSince;
    this.waitNode = heapNode<Delivery>(this, offset);
    this.noticeNode = heapNode<Delivery>(this, offset);
    this.clockNode = heapNode<Delivery>(this, offset);
  }

  get id(): string {
    return this.accepted.id;
  }
}

const NEW: LifecycleState = { release: 0, attempts: 0, open: false };

export function acceptedDelivery(record: Processed, id: string, offset: number): AcceptedDelivery {
  const { body, traceparent } = record;
  const accepted: AcceptedDelivery = {
    id,
    messageId: record.messageId ?? '',
    tenant: record.tenant ?? '',
    content: body.content,
    index: body.index,
    domain: body.domain,
    recipientHash: body.recipientHash,
    class: body.class,
    pool: body.pool,
    acceptedAt: body.acceptedAt,
    sendAt: body.sendAt,
    size: body.size,
    expanded: body.expanded,
    offset,
  };
  if (traceparent !== undefined) accepted.traceparent = traceparent;
  if (body.bypass !== undefined) accepted.bypass = body.bypass;
  return accepted;
}
