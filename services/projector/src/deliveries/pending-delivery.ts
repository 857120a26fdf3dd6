import type { HoldReason, LifecycleState } from '@penstock/events';
import type { Lane } from '../lanes/lane.ts';

/** Where a release went. Shared by the deliveries of a batch. */
export interface Route {
  readonly source: string;
  readonly site: string;
  readonly provider?: string;
  readonly path: string;
  /** The source was in warm-up. */
  readonly warming?: true;
}

/** A notice that the delivery waits for us. */
export interface Hold {
  readonly factId: string;
  readonly reasons: readonly HoldReason[];
}

/** A delivery that has not ended, in the lane it waits in. */
export class PendingDelivery {
  life: LifecycleState = { release: 0, attempts: 0, open: false };
  /** The last release's. */
  route: Route | undefined;
  /** The last release's waits, ms: after a remote deferral, after an unknown outcome. */
  retryMs = 0;
  unknownRetryMs = 0;
  /** Set while it is held and a notice said so. */
  hold: Hold | undefined;
  /** The last notice, also when it is out again: a repeat of it is known by its id. */
  lastHoldId: string | undefined;
  /** What it has met so far (`MET`), for what is counted once a delivery. */
  met = 0;
  /** Whether its row is in the store. */
  stored = false;

  constructor(
    readonly deliveryId: string,
    readonly lane: Lane,
    /** Offset of its `processed`: the order of acceptance. */
    readonly sequence: number,
    readonly acceptedAt: number,
    /** Not before this time, ms since the epoch, while it waits. */
    public dueAt: number,
  ) {}

  get waits(): boolean {
    return !this.life.open && this.life.terminal === undefined;
  }
}

/** The row of a pending delivery; its id is in the key. */
export interface PendingRow {
  readonly pool: string;
  readonly domain: string;
  readonly class: 'transactional' | 'bulk';
  readonly sequence: number;
  readonly acceptedAt: number;
  readonly dueAt: number;
  readonly life: LifecycleState;
  readonly route?: Route;
  readonly retryMs: number;
  readonly unknownRetryMs: number;
  readonly hold?: Hold;
  readonly lastHoldId?: string;
  readonly met?: number;
}

export function pendingPrefix(partition: number): string {
  return `pending|${partition}|`;
}

export function pendingRow(delivery: PendingDelivery): PendingRow {
  const { lane, sequence, acceptedAt, dueAt, life, route, retryMs, unknownRetryMs, hold, lastHoldId, met } = delivery;
  return {
    pool: lane.pool,
    domain: lane.domain,
    class: lane.class,
    sequence,
    acceptedAt,
    dueAt,
    life,
    retryMs,
    unknownRetryMs,
    ...(route && { route }),
    ...(hold && { hold }),
    ...(lastHoldId !== undefined && { lastHoldId }),
    ...(met !== 0 && { met }),
  };
}

export function restorePending(deliveryId: string, row: PendingRow, lane: Lane): PendingDelivery {
  const delivery = new PendingDelivery(deliveryId, lane, row.sequence, row.acceptedAt, row.dueAt);
  delivery.life = row.life;
  delivery.route = row.route;
  delivery.retryMs = row.retryMs;
  delivery.unknownRetryMs = row.unknownRetryMs;
  delivery.hold = row.hold;
  delivery.lastHoldId = row.lastHoldId;
  delivery.met = row.met ?? 0;
  delivery.stored = true;
  return delivery;
}
